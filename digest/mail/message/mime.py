"""Builds the bytes of a MIME message from rendered parts (RFC 5322, 2045 to 2047, 8058).

This does not use the `email` package: in Python 3.11 and 3.12, an encoded word in a subject or a
display name can inject headers, and a long List-Unsubscribe becomes an encoded word that no mail
program understands. The same arguments always give the same bytes.
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

from digest.errors import InputError
from digest.mail.message.attachment import Attachment
from digest.mail.message.crlf import CrlfBytes
from digest.mail.message.smtp_address import ascii_address
from digest.mail.rendering.encoded_fragments import EncodedText, encoded_text, fragment
from digest.mail.rendering.sanitize import clean

_LINE = 76  # octets; the recommended maximum
_ENCODED_BYTES = 42  # of text in an encoded word: 56 characters of base64 and 12 around them
_MAX_LINE = 998  # octets; the limit of RFC 5322, 2.1.1

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LIST_ID = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*>")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_BUILT_IN_HEADERS = frozenset(
    {"from", "reply-to", "to", "subject", "date", "message-id", "list-id", "auto-submitted"}
)


def build_message(
    *,
    sender: str,
    to: str,
    subject: str,
    html: EncodedText | str,
    text: EncodedText | str,
    message_id: str,
    date: datetime,
    list_id: str,
    headers: Mapping[str, str],
    reply_to: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> CrlfBytes:
    """Builds a multipart/alternative message: CRLF, ASCII, lines of at most 998 octets.

    With pictures for its HTML part, this is inside multipart/related (RFC 2387); with other files,
    inside multipart/mixed.

    Args:
        sender: `Paper Digest <digest@example.org>`, or the address alone.
        to: the address of the reader, in the same form.
        subject: any text; control characters are removed, other non-ASCII text is encoded.
        html: the HTML part, as it is or encoded.
        text: the plain-text part, as it is or encoded.
        message_id: with its angle brackets; the boundary is derived from it.
        date: an aware datetime; the same one on every attempt.
        list_id: `Paper Digest <digest.example.org>`, or the identifier alone.
        headers: additional headers, such as List-Unsubscribe. Their values must be ASCII and
            ready to send; they are not encoded.
        reply_to: the address for replies; None: the sender.
        attachments: files; those with a content id are pictures of the HTML part.

    Raises:
        InputError: an address or the list identifier is not valid in a message.
        ValueError: a bug in the caller: a naive date, a malformed Message-ID or header.
    """
    if date.tzinfo is None:
        raise ValueError(f"{date}: the Date of a message must be an aware datetime")
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > 250:
        raise ValueError(f"{message_id!r} is not a Message-ID; write <left@right>")
    # Neither quoted-printable nor base64 text can contain "=_".
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:32]}"
    head = [
        _address_line("From", sender),
        *([_address_line("Reply-To", reply_to)] if reply_to else []),
        _folded("To", _mailbox(to)),
        _folded("Subject", _unstructured(clean(subject))),
        _date_line(date),
        _folded("Message-ID", [message_id]),
        _list_line(list_id),
        _folded("Auto-Submitted", ["auto-generated"]),
        *[_additional_line(name, value) for name, value in headers.items()],
        "MIME-Version: 1.0",
        "",
    ]
    body = [
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    ]
    _add_part(body, "plain", text, boundary)
    _add_part(body, "html", html, boundary)
    body.append(f"--{boundary}--\r\n".encode("ascii"))
    pictures = [item for item in attachments if item.content_id]
    files = [item for item in attachments if not item.content_id]
    for kind, items in (("related", pictures), ("mixed", files)):
        if items:
            body = _with_files(kind, body, items, f"{boundary}.{kind}")
    body[0] = "\r\n".join(head).encode("ascii") + body[0]
    return CrlfBytes(b"".join(body))


def build_operator_message(
    *, sender: str, to: str, subject: str, text: str, message_id: str, date: datetime
) -> CrlfBytes:
    """Builds a plain-text message from the program to its operator.

    Its headers ask other programs not to reply to it (RFC 3834, 5.1). Arguments and errors are
    those of `build`.
    """
    if date.tzinfo is None or not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"{date}, {message_id!r}: not an aware date, or not a Message-ID")
    head = [
        _address_line("From", sender),
        _folded("To", _mailbox(to)),
        _folded("Subject", _unstructured(clean(subject))),
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
    return CrlfBytes("\r\n".join(head).encode("ascii") + fragment(text).encoded)


# Cached, as all messages of a run have the same values.
@lru_cache(maxsize=100)
def _address_line(name: str, value: str) -> str:
    return _folded(name, _mailbox(value))


@lru_cache(maxsize=100)
def _list_line(value: str) -> str:
    return _folded("List-Id", _list_id(value))


@lru_cache(maxsize=10)  # in a run, most of these are the same in all messages
def _additional_line(name: str, value: str) -> str:
    return _folded(name, _checked_tokens(name, value))


@lru_cache(maxsize=1000)
def _date_line(date: datetime) -> str:
    return _folded("Date", [format_datetime(date.astimezone(UTC))])


def _mailbox(value: str) -> list[str]:
    name, address = _split_display_name(value)
    address = ascii_address(address)
    return [*_phrase(name), f"<{address}>"] if name else [address]


def _list_id(value: str) -> list[str]:
    name, identifier = _split_display_name(value)
    if not _LIST_ID.fullmatch(identifier) or len(identifier) > 255:
        raise InputError(f"{value!r} is not a List-Id; write a name and <digest.example.org>")
    return [*_phrase(name), f"<{identifier}>"]


def _split_display_name(value: str) -> tuple[str, str]:
    """Returns the display name without its quotes, and the text in the angle brackets."""
    value = clean(value)
    if not value.endswith(">"):
        return "", value
    name, _, inner = value[:-1].rpartition("<")
    name = name.strip()
    # Remove the quotes and the escapes of a quoted string (RFC 5322, 3.2.4).
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, inner


def _phrase(name: str) -> list[str]:
    """Returns the tokens of a display name: atoms unchanged, other names quoted or encoded."""
    if not name or (_PLAIN_PHRASE.fullmatch(name) and _is_plain(name)):
        return name.split()
    if _is_plain(name) and len(name) < _LINE // 2:
        return ['"' + re.sub(r'(["\\])', r"\\\1", name) + '"']
    return list(_encoded(name))


def _unstructured(value: str) -> list[str]:
    """Returns the tokens of unstructured text; a line may be folded between two tokens."""
    return value.split(" ") if _is_plain(value) else list(_encoded(value))


def _is_plain(value: str) -> bool:
    """Whether a header may contain the text unencoded; "=?" would start an encoded word."""
    # A line cannot be folded within a word, so long words are encoded.
    return (
        value.isascii()
        and value.isprintable()
        and "=?" not in value
        and max(map(len, value.split(" "))) < _LINE - len("Subject: ")
    )


def _encoded(value: str) -> Iterator[str]:
    """Yields encoded words (RFC 2047), and never splits a character between two of them."""
    data = value.encode()
    start = 0
    while len(data) - start > _ENCODED_BYTES:
        end = start + _ENCODED_BYTES
        while data[end] & 0xC0 == 0x80:  # a continuation byte of UTF-8 (RFC 3629)
            end -= 1
        yield _encoded_word(data[start:end])
        start = end
    yield _encoded_word(data[start:])


def _encoded_word(data: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(data).decode('ascii')}?="


def _checked_tokens(name: str, value: str) -> list[str]:
    """Returns the tokens of an additional header; ValueError if it could break the message."""
    if not _is_allowed(name):
        raise ValueError(f"{name!r} is not allowed as an additional header")
    tokens = value.split(" ")
    if not (value.isascii() and value.isprintable()) or not all(tokens):
        raise ValueError(f"{name}: {value!r} must be printable ASCII with single spaces")
    if _has_encoded_word(value):
        raise ValueError(f"{name}: {value!r} would be read as an encoded word")
    if len(name) + 2 + max(map(len, tokens)) > _MAX_LINE:
        raise ValueError(f"{name}: no word may be longer than {_MAX_LINE} octets")
    return tokens


@lru_cache(maxsize=100)
def _is_allowed(name: str) -> bool:
    lower = name.lower()
    return (
        _HEADER_NAME.fullmatch(name) is not None
        and lower not in _BUILT_IN_HEADERS
        and not lower.startswith(("content-", "mime-"))
    )


def _has_encoded_word(value: str) -> bool:
    """Returns whether a reader may see `=?charset?encoding?text?=` in the value."""
    start, end = value.find("=?"), value.rfind("?=")
    return start >= 0 and value.count("?", start + 2, max(end, 0)) > 1


def _folded(name: str, tokens: list[str]) -> str:
    """Returns a header folded between tokens; the first token stays on the line of the name."""
    line = f"{name}:"
    lines: list[str] = []
    for index, token in enumerate(tokens):
        if index and len(line) + 1 + len(token) > _LINE:
            lines.append(line)
            line = ""
        line += f" {token}"
    return "\r\n".join([*lines, line])


def _with_files(
    kind: str, body: Sequence[bytes], files: Sequence[Attachment], boundary: str
) -> list[bytes]:
    """Returns a multipart with the body first, and then the files."""
    type_ = '; type="multipart/alternative"' if kind == "related" else ""
    parts = [
        f'Content-Type: multipart/{kind}{type_};\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n".encode("ascii"),
        *body,
    ]
    for file in files:
        disposition = "inline" if file.content_id else "attachment"
        head = [
            f"\r\n--{boundary}",
            f'Content-Type: {file.media_type}; name="{file.name}"',
            f'Content-Disposition: {disposition}; filename="{file.name}"',
            *([f"Content-ID: <{file.content_id}>"] if file.content_id else []),
            "Content-Transfer-Encoding: base64",
            "",
            "",
        ]
        parts += ["\r\n".join(head).encode("ascii"), *_base64_lines(file.data)]
    return [*parts, f"\r\n--{boundary}--\r\n".encode("ascii")]


def _base64_lines(data: bytes) -> list[bytes]:
    encoded = binascii.b2a_base64(data, newline=False)
    return [encoded[start : start + _LINE] + b"\r\n" for start in range(0, len(encoded), _LINE)]


def _add_part(body: list[bytes], subtype: str, content: EncodedText | str, boundary: str) -> None:
    """Adds a part in quoted-printable or base64, whichever is shorter.

    It has hundreds of pieces, so they are added to the one list of the message.
    """
    if isinstance(content, str):
        content = encoded_text([fragment(content)])
    pieces = content.pieces
    base64_size = 4 * ceil(content.size / 3)
    base64_size += 2 * ceil(base64_size / _LINE)  # the line ends
    encoding = "quoted-printable" if sum(map(len, pieces)) <= base64_size else "base64"
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii")
    body.append(head)
    if encoding == "quoted-printable":
        body += pieces
        body.append(b"\r\n")  # the line break before the boundary is not part of the text
    else:
        body += _base64_lines(content.decoded)
