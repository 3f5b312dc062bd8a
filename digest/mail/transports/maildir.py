"""Writes messages to files instead of sending them: to a Maildir, or to a folder of .eml files.

The file name is derived from the Message-ID and the recipient, so a second delivery of the same
message gives the same file. A file appears complete or not at all.
"""

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Self

from digest.core.models.delivery import Envelope, Outcome, Sent
from digest.errors import DeliveryError

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_MESSAGE_ID = re.compile(rb"^message-id:\s*(?P<id><[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


class MaildirTransport:
    """Delivers to a Maildir, and creates it if it is missing.

    Format: https://cr.yp.to/proto/maildir.html. Lines end in LF, as in other local files.

    Args:
        folder: the Maildir.

    Raises:
        DeliveryError: on entering or sending, if the Maildir cannot be written.
    """

    repeatable = True  # the same message is written to the same file

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        _create_folders(*(self._folder / name for name in ("tmp", "new", "cur")))
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Writes the message to `new/`, unless the Maildir already has it, read or unread.

        Args:
            sender: the return path of the envelope.
            recipient: the recipient of the envelope.
            message: the whole message.
            following: ignored; only SMTP uses it.
        """
        del following
        name = _file_name(recipient, message)
        # A mail program moves a message to cur/ and adds flags after a colon.
        if any((self._folder / "cur").glob(f"{name}:*")) or (self._folder / "new" / name).exists():
            return Sent(reply=f"was delivered before as {name}")
        head = f"Return-Path: <{sender}>\nDelivered-To: {recipient}\n".encode()
        _write_atomically(
            head + message.replace(b"\r\n", b"\n"),
            temporary=self._folder / "tmp" / f"{name}.{os.getpid()}",
            target=self._folder / "new" / name,
        )
        return Sent(reply=f"delivered as {name}")


class EmlTransport:
    """Writes each message to an .eml file, with exactly the bytes that would be sent.

    Args:
        folder: the folder of the files; it is created if it is missing.

    Raises:
        DeliveryError: on entering or sending, if the folder cannot be written.
    """

    repeatable = True  # the same message is written to the same file

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        _create_folders(self._folder)
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Writes the message, and replaces the file of an earlier delivery of it.

        Args:
            sender: ignored, as the file has no envelope.
            recipient: part of the file name only.
            message: the whole message.
            following: ignored; only SMTP uses it.
        """
        del sender, following
        name = f"{_file_name(recipient, message)}.eml"
        hidden = self._folder / f".{name}.{os.getpid()}"
        _write_atomically(message, temporary=hidden, target=self._folder / name)
        return Sent(reply=f"written to {name}")


def _file_name(recipient: str, message: bytes) -> str:
    head = message.partition(b"\r\n\r\n")[0]
    match = _MESSAGE_ID.search(head)
    # Without a Message-ID, the whole message identifies it.
    identity = match["id"] if match else message
    return sha256(identity + b"\0" + recipient.encode()).hexdigest()[:32] + ".digest"


def _create_folders(*folders: Path) -> None:
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _write_error(folder, error) from error


def _write_atomically(data: bytes, *, temporary: Path, target: Path) -> None:
    """Writes the data and renames the file; both are on the disk when this returns."""
    try:
        # The message contains the reader's address, so only the owner can read the file.
        with os.fdopen(os.open(temporary, _NEW_FILE, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        # The rename is durable only after the folder is synced, too.
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _write_error(target, error) from error


def _write_error(path: Path, error: OSError) -> DeliveryError:
    return DeliveryError(
        f"{path}: cannot be written ({error.strerror}); correct its folder's permissions, or "
        "DIGEST_DELIVERY"
    )
