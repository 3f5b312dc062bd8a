r"""Reads incoming messages from a Maildir, an IMAP folder or files; never deletes them.

Only unread messages are returned, and a processed message is marked as read: in a Maildir by the
flag `S` in `cur/`, on IMAP by `\Seen`. A message that was not processed stays unread, so that a
person finds it.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

from digest.core.mime_reader import MAX_BYTES
from digest.errors import InboxError


class MailboxMessage(Struct, frozen=True, kw_only=True):
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
        # Imported late, as most runs read no IMAP folder.
        from digest.imap.folder import ImapFolder

        self._folder = ImapFolder(
            url,
            password=password,
            password_name="DIGEST_BOUNCES_PASSWORD",  # noqa: S106 - the name of the setting
            ca_file=ca_file,
            timeout=timeout,
            most=MAX_BYTES,
        )

    def __enter__(self) -> Self:
        self._folder.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.__exit__(kind, error, trace)

    def unread_messages(self) -> Iterator[MailboxMessage]:
        """Yields the unread messages, without marking them as read."""
        address = self._folder.address
        for uid in self._folder.search("UNSEEN"):
            name = f"{address.host}/{address.folder};UID={uid}"
            # A message is marked as read only after it was processed.
            data = self._folder.fetch(uid, most=MAX_BYTES)
            if data is None:
                yield MailboxMessage(name=name, data=b"", problem="the server does not give it out")
            else:
                yield MailboxMessage(name=name, data=data)

    def mark_read(self, message: MailboxMessage) -> None:
        r"""Sets the flag \Seen of the message."""
        self._folder.mark_seen(int(message.name.rpartition("=")[2]))


def _read(path: Path, name: str) -> MailboxMessage:
    try:
        with path.open("rb") as file:
            return MailboxMessage(name=name, data=file.read(MAX_BYTES))
    except OSError as error:
        # One unreadable file must not stop the others.
        return MailboxMessage(name=name, data=b"", problem=f"cannot be read: {error.strerror}")


def _is_unread(path: Path) -> bool:
    return "S" not in path.name.partition(":2,")[2]
