r"""Reads incoming messages from a Maildir, an IMAP folder or files; never deletes them.

Only unread messages are returned, and a processed message is marked as read: in a Maildir by the
flag `S` in `cur/`, on IMAP by `\Seen`. A message that was not processed stays unread, so that a
person finds it.
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

from digest.core.mime_reader import MAX_BYTES
from digest.errors import InboxError, UsageError
from digest.printable import printable_line


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMessage:
    """A message in a mailbox."""

    name: str  # shown to people: the file, or the IMAP folder and UID
    data: bytes  # the first `MAX_BYTES`
    problem: str = ""  # why there is no data; empty if there is


class MailboxReader(Protocol):
    """A mailbox with incoming messages."""

    def unread_messages(self) -> Iterator[MailboxMessage]:
        """Yields the unread messages."""

    def mark_read(self, message: MailboxMessage) -> None:
        """Marks a message as read, so that it is not returned again."""


class FileMailbox:
    """Reads messages from files, one message in each, and does not change the files.

    Args:
        paths: the files; `-` is standard input.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def unread_messages(self) -> Iterator[MailboxMessage]:
        """Yields one message for each file."""
        for path in self._paths:
            if str(path) == "-":
                yield MailboxMessage(name="standard input", data=sys.stdin.buffer.read(MAX_BYTES))
            else:
                yield _read(path, str(path))

    def mark_read(self, message: MailboxMessage) -> None:
        """Does nothing."""


class MaildirMailbox:
    """A Maildir: unread messages are in `new/`, and in `cur/` without the flag S.

    Args:
        folder: the Maildir, with `new/` and `cur/`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unread_messages(self) -> Iterator[MailboxMessage]:
        """Yields the messages in `new/`, then the unread ones in `cur/`.

        Raises:
            InboxError: the folder is not a Maildir, or cannot be read.
        """
        for name in ("new", "cur"):
            if not (self._folder / name).is_dir():
                raise InboxError(f"{self._folder}: not a Maildir, as it has no folder {name}")
        try:
            paths = sorted((self._folder / "new").iterdir())
            paths += [path for path in sorted((self._folder / "cur").iterdir()) if _is_unread(path)]
        except OSError as error:
            raise InboxError(f"{self._folder}: cannot be read: {error.strerror}") from None
        for path in paths:
            # Maildir readers must ignore hidden files.
            if not path.name.startswith("."):
                yield _read(path, str(path))

    def mark_read(self, message: MailboxMessage) -> None:
        """Moves the message to `cur/` with the flag S.

        Does nothing if another program has moved it in the meantime.
        """
        path = Path(message.name)
        name, _, flags = path.name.partition(":2,")
        # The flags must be in the order of ASCII (https://cr.yp.to/proto/maildir.html).
        target = self._folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return
        except OSError as error:
            raise InboxError(f"{path}: cannot be marked as read: {error.strerror}") from None


class ImapMailbox:
    """A folder on an IMAP server, over verified TLS; entering it connects and logs in.

    Args:
        url: `imaps://user@host[:port][/folder]`, or `imap://` with mandatory STARTTLS.
        password: sent only over an encrypted connection.
        ca_file: additional trusted certificates, PEM.
        timeout: seconds for each reply of the server.

    Raises:
        UsageError: the URL is not valid, or contains a password.
        InboxError: on entering or reading, if the mailbox cannot be read.
    """

    def __init__(
        self, url: str, *, password: str, ca_file: Path | None = None, timeout: float = 60.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
            raise UsageError(
                f"{url}: not an IMAP address; write imaps://user@imap.example.org/INBOX"
            )
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
        # Imported late, as most runs read no IMAP folder.
        import imaplib
        import ssl

        address = f"{self._host}:{self._port}"
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
            if self._scheme == "imaps":
                self._server = imaplib.IMAP4_SSL(
                    self._host, self._port, ssl_context=context, timeout=self._timeout
                )
            else:
                self._server = imaplib.IMAP4(self._host, self._port, timeout=self._timeout)
                # Raises if the server does not offer it, before the password is sent.
                self._server.starttls(ssl_context=context)
            self._server.login(_quoted(self._user), self._password)
            status, _ = self._server.select(_quoted(self._folder))
        except (OSError, imaplib.IMAP4.error) as error:
            self._close()
            # A server may repeat the password in its answer.
            reason = str(error).replace(self._password, "***")
            raise InboxError(f"{address}: cannot be read: {_reason(reason)}") from None
        if status != "OK":
            self._close()
            raise InboxError(f"{address}: has no folder {self._folder!r}; correct the IMAP address")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def unread_messages(self) -> Iterator[MailboxMessage]:
        """Yields the unread messages, without marking them as read."""
        for number in self._run("SEARCH", None, "UNSEEN")[0].split():
            uid = number.decode("ascii")
            name = f"{self._host}/{self._folder};UID={uid}"
            # PEEK: a message is marked as read only after it was processed.
            parts = self._run("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
            data = next((part[1] for part in parts if isinstance(part, tuple)), None)
            if data is None:
                yield MailboxMessage(name=name, data=b"", problem="the server does not give it out")
            else:
                yield MailboxMessage(name=name, data=data)

    def mark_read(self, message: MailboxMessage) -> None:
        r"""Sets the flag \Seen of the message."""
        self._run("STORE", message.name.rpartition("=")[2], "+FLAGS.SILENT", r"(\Seen)")

    def _run(self, *command: str | None) -> list[Any]:
        import imaplib

        try:
            status, parts = self._server.uid(*command)
        except (OSError, imaplib.IMAP4.error) as error:
            raise InboxError(f"{self._host}:{self._port}: {_reason(error)}") from None
        if status != "OK":
            raise InboxError(f"{self._host}:{self._port}: refused {command[0]}: {_reason(parts)}")
        return [part for part in parts if part is not None] or [b""]

    def _close(self) -> None:
        import imaplib

        if self._server is not None:
            # Processed messages are marked already.
            with suppress(OSError, imaplib.IMAP4.error):
                self._server.logout()
            self._server = None


def _read(path: Path, name: str) -> MailboxMessage:
    try:
        with path.open("rb") as file:
            return MailboxMessage(name=name, data=file.read(MAX_BYTES))
    except OSError as error:
        # One unreadable file must not stop the others.
        return MailboxMessage(name=name, data=b"", problem=f"cannot be read: {error.strerror}")


def _is_unread(path: Path) -> bool:
    return "S" not in path.name.partition(":2,")[2]


def _quoted(text: str) -> str:
    """Returns an IMAP quoted string (RFC 3501, 4.3); imaplib does not quote its arguments."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise UsageError(f"{text!r} in the IMAP address contains control characters; remove them")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _reason(answer: object) -> str:
    return printable_line(str(answer), limit=200)
