r"""Where answers are read from: a Maildir, an IMAP folder, files. What is read stays there.

A message that was taken is marked as seen, and only unseen ones are read: in a Maildir by its
flag `S` in `cur/`, on IMAP by `\Seen`. What is left alone stays unseen for a person to look at.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import unquote, urlsplit

from digest.errors import InboxError, UsageError
from digest.mail.bounces.mime_reader import MOST_BYTES
from digest.printable import printable_line


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMessage:
    """A message in an inbox."""

    name: str  # for people: its file, or the folder and its number
    data: bytes  # the first `MOST_BYTES`
    problem: str = ""  # why there is no data


class MailboxReader(Protocol):
    """Somewhere to read messages from."""

    def letters(self) -> Iterator[MailboxMessage]:
        """Those that nobody has read yet."""

    def seen(self, letter: MailboxMessage) -> None:
        """Marks one as read: it is not given again."""


class FileMailbox:
    """Messages in files, one in each; `-` is standard input. They are left as they are."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def letters(self) -> Iterator[MailboxMessage]:
        """One for each file."""
        for path in self._paths:
            if str(path) == "-":
                yield MailboxMessage(name="standard input", data=sys.stdin.buffer.read(MOST_BYTES))
            else:
                yield _read(path, str(path))

    def seen(self, letter: MailboxMessage) -> None:
        """Changes nothing."""


class MaildirMailbox:
    """A Maildir: messages in `new/`, and those in `cur/` without the flag S."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def letters(self) -> Iterator[MailboxMessage]:
        """Those in `new/`, then the unseen ones in `cur/`; InboxError if it is no Maildir."""
        for name in ("new", "cur"):
            if not (self._folder / name).is_dir():
                raise InboxError(f"{self._folder}: no Maildir, as it has no folder {name}")
        try:
            found = sorted((self._folder / "new").iterdir())
            found += [path for path in sorted((self._folder / "cur").iterdir()) if _unseen(path)]
        except OSError as error:
            raise InboxError(f"{self._folder}: cannot be read: {error.strerror}") from None
        for path in found:
            if not path.name.startswith("."):
                yield _read(path, str(path))

    def seen(self, letter: MailboxMessage) -> None:
        """Moves it to `cur/` with the flag S; one that was moved meanwhile is left there."""
        path = Path(letter.name)
        name, _, flags = path.name.partition(":2,")
        target = self._folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InboxError(f"{path}: cannot be marked as read: {error.strerror}") from None


class ImapMailbox:
    """A folder on an IMAP server, over verified TLS; a context manager that logs in.

    Args:
        url: `imaps://user@host[:port][/folder]`, or `imap://` for STARTTLS, which must be there.
        password: never sent before the connection is encrypted.
        ca_file: certificates of a private authority to trust, PEM.
        timeout: seconds to wait for each answer.
    """

    def __init__(
        self, url: str, *, password: str, ca_file: Path | None = None, timeout: float = 60.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
            raise UsageError(f"{url}: no IMAP address; write imaps://user@imap.example.org/INBOX")
        if parts.password is not None:
            raise UsageError("a password in the IMAP address can be seen by others; set"
                             " DIGEST_BOUNCES_PASSWORD in its place")  # fmt: skip
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = parts.port or (993 if parts.scheme == "imaps" else 143)
        self._user = unquote(parts.username)
        self._folder = unquote(parts.path.strip("/")) or "INBOX"
        self._password = password
        self._ca_file = ca_file
        self._timeout = timeout
        self._server: Any = None

    def __enter__(self) -> Self:
        import imaplib
        import ssl

        place = f"{self._host}:{self._port}"
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
            if self._scheme == "imaps":
                self._server = imaplib.IMAP4_SSL(
                    self._host, self._port, ssl_context=context, timeout=self._timeout
                )
            else:
                self._server = imaplib.IMAP4(self._host, self._port, timeout=self._timeout)
                self._server.starttls(ssl_context=context)
            self._server.login(_quoted(self._user), self._password)
            answer, _ = self._server.select(_quoted(self._folder))
        except (OSError, imaplib.IMAP4.error) as error:
            self._close()
            said = str(error).replace(self._password, "***")  # a server may repeat it
            raise InboxError(f"{place}: cannot be read: {_reason(said)}") from None
        if answer != "OK":
            self._close()
            raise InboxError(f"{place}: has no folder {self._folder!r}; correct the IMAP address")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def letters(self) -> Iterator[MailboxMessage]:
        """The unseen ones; reading does not mark them."""
        for number in self._ask("SEARCH", None, "UNSEEN")[0].split():
            uid = number.decode("ascii")
            name = f"{self._host}/{self._folder};UID={uid}"
            parts = self._ask("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            data = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if data is None:
                yield MailboxMessage(name=name, data=b"", problem="the server does not give it out")
            else:
                yield MailboxMessage(name=name, data=data)

    def seen(self, letter: MailboxMessage) -> None:
        r"""Sets the flag \Seen."""
        self._ask("STORE", letter.name.rpartition("=")[2], "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, *command: str | None) -> list[Any]:
        import imaplib

        try:
            answer, parts = self._server.uid(*command)
        except (OSError, imaplib.IMAP4.error) as error:
            raise InboxError(f"{self._host}:{self._port}: {_reason(error)}") from None
        if answer != "OK":
            raise InboxError(f"{self._host}:{self._port}: refused {command[0]}: {_reason(parts)}")
        return [part for part in parts if part is not None] or [b""]

    def _close(self) -> None:
        import imaplib

        if self._server is not None:
            with suppress(OSError, imaplib.IMAP4.error):  # what was taken is marked already
                self._server.logout()
            self._server = None


def _read(path: Path, name: str) -> MailboxMessage:
    try:
        with path.open("rb") as file:
            return MailboxMessage(name=name, data=file.read(MOST_BYTES))
    except OSError as error:
        return MailboxMessage(name=name, data=b"", problem=f"cannot be read: {error.strerror}")


def _unseen(path: Path) -> bool:
    return "S" not in path.name.partition(":2,")[2]


def _quoted(text: str) -> str:
    """An IMAP string (RFC 3501, 4.3); imaplib sends these as they are given."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise UsageError(f"{text!r} in the IMAP address has control characters; correct it")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _reason(answer: object) -> str:
    return printable_line(str(answer), limit=200)
