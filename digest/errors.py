"""What can go wrong, and what each error is about.

DigestError                 exit code 3, unless a subclass says otherwise
├── UsageError              2: wrong usage or configuration
│   ├── HomeError           the folder is no home, or cannot be written
│   ├── SettingsError       a setting is missing or wrong: names it and its file
│   └── ProfileError        a profile file is wrong: file, line, column
├── InputError              1: an input file is rejected: file and line
├── FetchError              1: an address gives no answer (in digest.sources.fetched)
├── InboxError              3: a mailbox that bounces are read from
├── DnsError                 3: no name server answers
├── StoreError              3: the database
│   ├── StoreUnavailable    it cannot be reached or opened
│   └── StoreVersion        its schema is newer, or older, than this program
└── DeliveryError           3: the mail server as a whole cannot be used
    └── DeliveryRefused     it answered, and the answer was a refusal for all mail
        └── DeliveryBlocked it refuses mail by policy (5.7.x): sending is paused

Every message is one line that says what is wrong, where, and what to do about it.
What is expected to fail for one of many (a source, a letter) is returned as a value,
not raised: see `digest.core.model.Rejection` and `digest.core.model.Outcome`.
"""

from pathlib import Path


class DigestError(Exception):
    """The base of all errors that the program reports in one line."""

    exit_code = 3


class UsageError(DigestError):
    """Wrong usage or configuration."""

    exit_code = 2


class HomeError(UsageError):
    """A folder that is no home, or one that cannot be used as such."""


class SettingsError(UsageError):
    """A setting that is missing or wrong; the message names the setting and its file."""


class ProfileError(UsageError):
    """A profile that cannot be used.

    Args:
        problem: what is wrong and what to write instead.
        file: the profile's path, or a name that the reader recognises.
        line: the line of the problem, counted from 1, where it is known.
        column: the column in that line, counted from 1, where it is known.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.problem = problem
        self.file = str(file) if file is not None else None
        self.line = line
        self.column = column
        super().__init__(located(problem, self.file, line, column))


class InputError(DigestError):
    """An input file that cannot be read as what it should be.

    Args:
        reason: what is wrong.
        file: the file's path, or a name that the reader recognises.
        line: the line of the problem, counted from 1, where it is known.
    """

    exit_code = 1

    def __init__(
        self, reason: str, *, file: Path | str | None = None, line: int | None = None
    ) -> None:
        self.reason = reason
        self.file = str(file) if file is not None else None
        self.line = line
        super().__init__(located(reason, self.file, line))


class InboxError(DigestError):
    """A mailbox that cannot be read, or in which a message cannot be marked as read."""


class DnsError(DigestError):
    """Nothing can be looked up in the DNS; not that a name is missing there."""


class StoreError(DigestError):
    """The database could not do what it was asked to."""


class StoreUnavailable(StoreError):  # noqa: N818 - the name says the state, not the mechanism
    """The database cannot be reached or opened."""


class StoreVersion(StoreError):  # noqa: N818 - as above
    """The database's schema is of another version than this program; it was not touched."""

    exit_code = 2


class DeliveryError(DigestError):
    """The mail server as a whole cannot be used now; nothing of the queue is lost."""


class DeliveryRefused(DeliveryError):  # noqa: N818 - as above
    """The mail server answered, and refuses all mail: wrong password, no TLS, its sender."""


class DeliveryBlocked(DeliveryRefused):
    """The mail server refuses mail by policy: more of it would make things worse."""


def located(
    problem: str, file: str | None, line: int | None = None, column: int | None = None
) -> str:
    """`file:line:column: problem`, with as much of the place as is known."""
    place = ":".join(str(part) for part in (file, line, column) if part is not None)
    return f"{place}: {problem}" if place else problem
