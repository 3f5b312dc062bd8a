"""A rendered letter becomes the bytes of a message (RFC 5322, 2045 to 2047, 8058).

Written by hand and not with `email`: the one of Python 3.11 and 3.12 lets encoded words
in a subject or a display name smuggle in headers, and turns a long List-Unsubscribe into
an encoded word that no client understands. The same arguments give the same bytes.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from math import ceil

from digest.core.subscribers import email_addresses
from digest.errors import InputError
from digest.mail.message.crlf import CrlfBytes
from digest.mail.rendering.encoded_fragments import (
    AnyFragment,
    PlainFragment,
    joined,
    quoted,
    size,
    to_bytes,
)
from digest.mail.rendering.sanitize import clean

_LINE = 76  # octets that a line should have at most; 998 is the law
_ENCODED_BYTES = 42  # of text in one encoded word: 56 letters of base64 and 12 around them
_HARD_LINE = 998

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LIST_ID = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*>")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_ENCODED_WORD = re.compile(r"=\?.*\?.*\?.*\?=")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_OURS = frozenset(
    {"from", "reply-to", "to", "subject", "date", "message-id", "list-id", "auto-submitted"}
)


def build(
    *,
    sender: str,
    to: str,
    subject: str,
    html: Sequence[AnyFragment] | str,
    text: Sequence[AnyFragment] | str,
    message_id: str,
    date: datetime,
    list_id: str,
    headers: Mapping[str, str],
    reply_to: str | None = None,
) -> CrlfBytes:
    """A multipart/alternative message: CRLF, ASCII, lines of at most 998 octets.

    Args:
        sender: `Paper Digest <digest@example.org>`, or the address alone.
        to: the reader's address, in the same form.
        subject: any text; control characters go, what is not plain ASCII is encoded.
        html: the HTML part, whole or in pieces.
        text: the plain-text part, whole or in pieces.
        message_id: with its angle brackets; the boundary is derived from it.
        date: aware; the same one on every try.
        list_id: `Paper Digest <digest.example.org>`, or the identifier alone.
        headers: further ones, such as List-Unsubscribe: values that are ready to be sent,
            ASCII, never encoded here.
        reply_to: where answers go, if not to the sender.

    Raises:
        InputError: an address or the list's identifier cannot be used in a mail.
        ValueError: a bug in the caller: a naive date, a malformed Message-ID or header.
    """
    if date.tzinfo is None:
        raise ValueError(f"{date}: the Date of a message must be an aware datetime")
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > 250:
        raise ValueError(f"{message_id!r} is no Message-ID; write <left@right>")
    # "=_" stands in no quoted-printable and no base64 text.
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
    head = [
        _address_line("From", sender),
        *([_address_line("Reply-To", reply_to)] if reply_to else []),
        _folded("To", _mailbox(to)),
        _folded("Subject", _words(clean(subject))),
        _date_line(date),
        _folded("Message-ID", [message_id]),
        _list_line(list_id),
        _folded("Auto-Submitted", ["auto-generated"]),
        *(_folded(name, _ready(name, value)) for name, value in headers.items()),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        "",
        "",
    ]
    return CrlfBytes(
        b"".join(
            (
                "\r\n".join(head).encode("ascii"),
                *_part("plain", text, boundary),
                *_part("html", html, boundary),
                f"--{boundary}--\r\n".encode("ascii"),
            )
        )
    )


def note(
    *, sender: str, to: str, subject: str, text: str, message_id: str, date: datetime
) -> CrlfBytes:
    """A plain-text message of the program to its operator; otherwise as `build`.

    It says that no program should answer it (RFC 3834, 5.1).
    """
    if date.tzinfo is None or not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"{date}, {message_id!r}: no aware date, or no Message-ID")
    head = [
        _address_line("From", sender),
        _folded("To", _mailbox(to)),
        _folded("Subject", _words(clean(subject))),
        _date_line(date),
        _folded("Message-ID", [message_id]),
        _folded("Auto-Submitted", ["auto-generated"]),
        _folded("X-Auto-Response-Suppress", ["All"]),
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "",
    ]
    return CrlfBytes("\r\n".join(head).encode("ascii") + quoted((PlainFragment(text),)))


def ascii_address(address: str) -> str:
    """Returns the address as SMTP takes it: a domain in another script becomes punycode.

    Raises:
        InputError: it is not an address, or its local part is not ASCII, which few servers take.
    """
    try:
        converted = email_addresses.ascii_address(address.strip())
    except ValueError as error:
        raise InputError(f"{address!r} is not an e-mail address: {error}") from None
    if "=?" in converted:  # some clients would decode it
        raise InputError(f"{address!r}: '=?' cannot stand in an address; use another one")
    return converted


# Every letter of a list has these, the same ones for hours.
@lru_cache(maxsize=100)
def _address_line(name: str, value: str) -> str:
    return _folded(name, _mailbox(value))


@lru_cache(maxsize=100)
def _list_line(value: str) -> str:
    return _folded("List-Id", _list_id(value))


@lru_cache(maxsize=1000)
def _date_line(date: datetime) -> str:
    return _folded("Date", [format_datetime(date.astimezone(UTC))])


def _mailbox(value: str) -> list[str]:
    name, address = _named(value)
    address = ascii_address(address)
    return [*_phrase(name), f"<{address}>"] if name else [address]


def _list_id(value: str) -> list[str]:
    name, identifier = _named(value)
    if not _LIST_ID.fullmatch(identifier) or len(identifier) > 255:
        raise InputError(f"{value!r} is no List-Id; write a name and <digest.example.org>")
    return [*_phrase(name), f"<{identifier}>"]


def _named(value: str) -> tuple[str, str]:
    """The display name, without its quotes, and what stands in the angle brackets."""
    value = clean(value)
    if not value.endswith(">"):
        return "", value
    name, _, inner = value[:-1].rpartition("<")
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, inner


def _phrase(name: str) -> list[str]:
    """A display name: atoms as they are, anything else quoted or encoded."""
    if not name or (_PLAIN_PHRASE.fullmatch(name) and _is_plain(name)):
        return name.split()
    if _is_plain(name) and len(name) < _LINE // 2:
        return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']
    return list(_encoded(name))


def _words(value: str) -> list[str]:
    """Unstructured text as the tokens between which a line may be folded."""
    return value.split(" ") if _is_plain(value) else list(_encoded(value))


def _is_plain(value: str) -> bool:
    """Whether it may stand in a header as it is; "=?" would be read as an encoded word."""
    short = all(len(word) < _LINE - len("Subject: ") for word in value.split(" "))
    return value.isascii() and value.isprintable() and "=?" not in value and short


def _encoded(value: str) -> Iterator[str]:
    """Encoded words (RFC 2047) that no character is split between."""
    data = value.encode()
    start = 0
    while len(data) - start > _ENCODED_BYTES:
        end = start + _ENCODED_BYTES
        while data[end] & 0xC0 == 0x80:  # within a character of UTF-8 (RFC 3629)
            end -= 1
        yield _encoded_word(data[start:end])
        start = end
    yield _encoded_word(data[start:])


def _encoded_word(data: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(data).decode('ascii')}?="


def _ready(name: str, value: str) -> list[str]:
    """The tokens of a header that is sent as it is given."""
    lower = name.lower()
    if (
        not _HEADER_NAME.fullmatch(name)
        or lower in _OURS
        or lower.startswith(("content-", "mime-"))
    ):
        raise ValueError(f"{name!r} cannot be given as a further header")
    tokens = value.split(" ")
    if not (value.isascii() and value.isprintable()) or not all(tokens):
        raise ValueError(f"{name}: {value!r} must be printable ASCII with single spaces")
    if _ENCODED_WORD.search(value):
        raise ValueError(f"{name}: {value!r} would be read as an encoded word")
    if len(name) + 2 + max(map(len, tokens)) > _HARD_LINE:
        raise ValueError(f"{name}: no word of it may be longer than {_HARD_LINE} octets")
    return tokens


def _folded(name: str, tokens: list[str]) -> str:
    """A header with its tokens on as many lines as they need; the first never stands alone."""
    line = f"{name}:"
    lines: list[str] = []
    for index, token in enumerate(tokens):
        if index and len(line) + 1 + len(token) > _LINE:
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join([*lines, line])


def _part(subtype: str, content: Sequence[AnyFragment] | str, boundary: str) -> Iterator[bytes]:
    """A part in whichever encoding is shorter: readable if it is mostly ASCII."""
    if isinstance(content, str):
        content = (PlainFragment(content),)
    readable = quoted(content)
    packed = 4 * ceil(size(content) / 3)
    packed += 2 * ceil(packed / _LINE)  # its line ends
    encoding = "quoted-printable" if len(readable) <= packed else "base64"
    yield (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii")
    if encoding == "quoted-printable":
        yield readable
        # What ends an encoded line without ending the text belongs to it; the boundary's
        # line break does not.
        yield b"\r\n"
        return
    data = to_bytes(joined(content)).replace(b"\n", b"\r\n")
    lines = binascii.b2a_base64(data, newline=False)
    for start in range(0, len(lines), _LINE):
        yield lines[start : start + _LINE] + b"\r\n"
