"""The address of a folder on an IMAP server."""

import re
from binascii import b2a_base64
from itertools import groupby
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from digest.errors import UsageError


class ImapAddress(Struct, frozen=True, kw_only=True):
    """Where a folder is, and whose it is."""

    is_tls_from_start: bool  # imaps; imap begins TLS with STARTTLS
    host: str
    port: int
    user: str
    folder: str

    @property
    def shown(self) -> str:
        """The folder without its user, whose name is an e-mail address."""
        return f"{'imaps' if self.is_tls_from_start else 'imap'}://{self.host}/{self.folder}"

    @property
    def place(self) -> str:
        """The server, as errors name it."""
        return f"{self.host}:{self.port}"


def parse_address(url: str, *, password_name: str) -> ImapAddress:
    """Parses `imaps://user@host[:port][/folder]`, or `imap://` with mandatory STARTTLS.

    Args:
        url: the address.
        password_name: the setting with the password, for the message.

    Raises:
        UsageError: it is no such address, or contains a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"{url}: not an IMAP address; its port is no number") from None
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise UsageError(f"{url}: not an IMAP address; write imaps://user@imap.example.org/INBOX")
    if parts.password is not None:
        raise UsageError(
            "a password in the IMAP address can be seen by others; set"
            f" {password_name} in its place"
        )
    return ImapAddress(
        is_tls_from_start=parts.scheme == "imaps",
        host=parts.hostname,
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def quoted(text: str) -> str:
    """Returns an IMAP quoted string (RFC 3501, 4.3); imaplib does not quote its arguments.

    Raises:
        UsageError: it has control characters.
    """
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise UsageError(f"{text!r} in the IMAP address contains control characters; remove them")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folder_name(name: str) -> str:
    """Returns the name of a folder in modified UTF-7 (RFC 3501, 5.1.3): letters outside of ASCII."""
    parts: list[str] = []
    for is_ascii, letters in groupby(name, key=lambda letter: " " <= letter <= "~"):
        text = "".join(letters)
        if is_ascii:
            parts.append(text.replace("&", "&-"))
        else:
            packed = b2a_base64(text.encode("utf-16-be", "replace"), newline=False)
            parts.append(f"&{packed.decode('ascii').rstrip('=').replace('/', ',')}-")
    return "".join(parts)
