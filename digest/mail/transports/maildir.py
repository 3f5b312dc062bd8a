"""Letters written to files instead of sent: a Maildir, or a folder of .eml files.

A file is named after the letter's Message-ID and recipient, and appears whole or not at
all, so a letter that is delivered again is the same file.
"""

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Self

from digest.core.models.delivery import Envelope, Outcome, Sent
from digest.errors import DeliveryError

_MESSAGE_ID = re.compile(rb"^message-id:\s*(?P<id><[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


class MaildirTransport:
    """Delivers into a Maildir, which is made if it is missing.

    Format: https://cr.yp.to/proto/maildir.html; lines end as they do in files.

    Args:
        folder: the Maildir.

    Raises:
        DeliveryError: on entering or sending, when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        _make(*(self._folder / name for name in ("tmp", "new", "cur")))
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Writes the letter to `new/`, unless it is in the Maildir already, read or not."""
        del following
        name = _name(recipient, message)
        # A mail reader moves a letter to cur/ and adds its flags after a colon.
        if any((self._folder / "cur").glob(f"{name}:*")) or (self._folder / "new" / name).exists():
            return Sent(reply=f"was delivered before as {name}")
        head = f"Return-Path: <{sender}>\nDelivered-To: {recipient}\n".encode()
        _write(
            head + message.replace(b"\r\n", b"\n"),
            by_way_of=self._folder / "tmp" / f"{name}.{os.getpid()}",
            to=self._folder / "new" / name,
        )
        return Sent(reply=f"delivered as {name}")


class EmlTransport:
    """Writes each letter as an .eml file, byte for byte as it would be sent.

    Args:
        folder: where; it is made if it is missing.

    Raises:
        DeliveryError: on entering or sending, when it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        _make(self._folder)
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Writes the letter; a file of its name is replaced, as it is the same letter."""
        del sender, following
        name = f"{_name(recipient, message)}.eml"
        hidden = self._folder / f".{name}.{os.getpid()}"
        _write(message, by_way_of=hidden, to=self._folder / name)
        return Sent(reply=f"written to {name}")


def _name(recipient: str, message: bytes) -> str:
    head = message.partition(b"\r\n\r\n")[0]
    found = _MESSAGE_ID.search(head)
    # A letter without one is told from others by all that it says.
    identity = found["id"] if found else message
    return sha256(identity + b"\0" + recipient.encode()).hexdigest()[:32] + ".digest"


def _make(*folders: Path) -> None:
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _problem(folder, error) from error


def _write(data: bytes, *, by_way_of: Path, to: Path) -> None:
    """On the disk before it has its name: sent means kept."""
    try:
        with by_way_of.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        by_way_of.replace(to)
        folder = os.open(to.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        by_way_of.unlink(missing_ok=True)
        raise _problem(to, error) from error


def _problem(path: Path, error: OSError) -> DeliveryError:
    return DeliveryError(
        f"{path}: cannot be written ({error.strerror}); correct its folder's permissions, or "
        "DIGEST_DELIVERY"
    )
