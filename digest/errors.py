"""All errors of the program, with their exit codes.

DigestError                 exit code 3, unless a subclass has another one
├── UsageError              2: wrong usage or configuration
│   ├── HomeError           the folder is not a home, or cannot be written
│   ├── SettingsError       a setting is missing or wrong: names the setting and its file
│   └── ProfileError        a profile file is wrong: names file, line and column
├── InputError              1: an input file is rejected: names file and line
├── FetchError              1: a web address cannot be fetched (in digest.sources.http.responses)
├── InboxError              3: a bounce mailbox cannot be read
├── DnsError                3: no name server answers
├── StoreError              3: the database failed
│   ├── StoreUnavailable    it cannot be reached or opened
│   └── StoreVersion        2: its schema is newer or older than this program
└── DeliveryError           3: the mail server cannot be used at all
    └── DeliveryRefused     it answered, and refuses all mail
        └── DeliveryBlocked it refuses mail by policy (5.7.x): sending is paused

Every message is one line that says what is wrong, where, and what to do about it.
A failure that concerns one item of many (a source, a message) is not raised but returned as
a value: see `digest.core.models.batches.Rejection` and `digest.core.models.delivery.Outcome`.
"""

from pathlib import Path


class DigestError(Exception):
    """The base class of all errors that the program reports in one line."""

    exit_code = 3


class UsageError(DigestError):
    """Wrong usage or configuration."""

    exit_code = 2


class HomeError(UsageError):
    """A folder is not a home, or cannot be used as one."""


class SettingsError(UsageError):
    """A setting is missing or wrong; the message names the setting and its file."""


class ProfileError(UsageError):
    """A profile cannot be used.

    Args:
        problem: what is wrong and what to write instead.
        file: the profile's path, or another name that the user recognises.
        line: the line of the problem, counted from 1; None if unknown.
        column: the column in that line, counted from 1; None if unknown.
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
    """An input file cannot be read in the expected format.

    Args:
        reason: what is wrong.
        file: the file's path, or another name that the user recognises.
        line: the line of the problem, counted from 1; None if unknown.
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
    """A mailbox cannot be read, or a message in it cannot be marked as read."""


class DnsError(DigestError):
    """No name server answers. A name that does not exist is not an error."""


class StoreError(DigestError):
    """The database failed."""


class StoreUnavailable(StoreError):  # noqa: N818 - the name describes a state
    """The database cannot be reached or opened."""


class StoreVersion(StoreError):  # noqa: N818 - as above
    """The database's schema has another version than this program; nothing was changed."""

    exit_code = 2


class DeliveryError(DigestError):
    """The mail server cannot be used now; the queue stays as it is."""


class DeliveryRefused(DeliveryError):  # noqa: N818 - as above
    """The mail server refuses all mail, for example because of the password or the sender."""


class DeliveryBlocked(DeliveryRefused):
    """The mail server refuses mail by policy. To send more would make the block longer."""


def located(
    problem: str, file: str | None, line: int | None = None, column: int | None = None
) -> str:
    """Returns `file:line:column: problem`, without the parts that are None."""
    location = ":".join(str(part) for part in (file, line, column) if part is not None)
    return f"{location}: {problem}" if location else problem
