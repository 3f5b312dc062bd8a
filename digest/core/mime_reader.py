"""Splits an incoming message into headers, readable texts, reports and returned messages.

The parser tolerates errors (RFC 2045, 2046, 3462), as bounces often come from faulty software. It
splits the parts itself: the parser of `email` recurses as deep as a message nests.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

from msgspec import Struct

from digest.core.text.html_text import html_text

MAX_BYTES = 1 << 20  # read from a message; the report comes before the returned message
_MAX_PARTS = 50
_MAX_DEPTH = 5
_MAX_HEADERS = 1 << 16  # bytes per part
_MAX_TEXT = 100_000  # characters per part
_MAX_HTML = 500_000  # characters per part of the HTML as it is

# Errors that the header parsers of `email` raise for malformed parameters.
_PARSER_ERRORS = (ValueError, LookupError, TypeError, AttributeError, MessageError)

REPORTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report"}
)
_RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers", "text/rfc822"})
_NESTED = frozenset({"message/rfc822", "message/global"})

_FOLD = re.compile(r"\n[ \t]+")


class ParsedMessage(Struct, frozen=True, kw_only=True):
    """The parts of a message that are needed to classify it."""

    headers: Message  # of the outermost message
    texts: tuple[str, ...]  # for people; from HTML only if there is no plain text
    reports: tuple[tuple[str, str], ...]  # content type and text of each report part
    returned: tuple[str, ...]  # returned messages, or only their headers
    html: tuple[str, ...] = ()  # the parts in HTML, as they are

    def header(self, name: str) -> str:
        """Returns the first header of this name, decoded and on one line; empty if missing."""
        return decoded(next(self.all(name), ""))

    def all(self, name: str) -> Iterator[str]:
        """Yields all headers of this name, not decoded; raw UTF-8 is allowed (RFC 6532)."""
        for key, value in self.headers.raw_items():
            if key.lower() == name.lower():
                yield str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def parse_message(data: bytes) -> ParsedMessage:
    """Parses a message; never fails, whatever the bytes are.

    Args:
        data: with any line ends; only the first `MAX_BYTES` are read.
    """
    # Mailboxes may add blank lines before the headers, and old servers send bare CRs.
    data = data[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n \t")
    top = _part(data)
    plain: list[str] = []
    from_html: list[str] = []
    reports: list[tuple[str, str]] = []
    returned: list[str] = []
    html: list[str] = []
    for kind, part in _leaf_parts(top, depth=0, budget=[_MAX_PARTS]):
        text = _text(part)
        if kind in REPORTS:
            reports.append((kind, text))
        elif kind in _NESTED or kind in _RETURNED_HEADERS:
            returned.append(text)
        elif kind == "text/html":
            html.append(_text(part, limit=_MAX_HTML))
            from_html.append(html_text(text, limit=_MAX_TEXT, only_html=True))
        elif kind.startswith("text/"):
            plain.append(text)
    texts = plain if any(item.strip() for item in plain) else from_html
    return ParsedMessage(
        headers=top.headers,
        texts=tuple(texts),
        reports=tuple(reports),
        returned=tuple(returned),
        html=tuple(html),
    )


def decoded(value: object) -> str:
    """Decodes the encoded words of a header value (RFC 2047); returns one line."""
    raw = str(value or "")
    try:
        pieces = [
            piece.decode(_charset(charset), "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(raw)
        ]
        raw = "".join(pieces)
    except (ValueError, LookupError, MessageError):  # broken base64, an unknown character set
        pass
    return " ".join(raw.encode("utf-8", "replace").decode("utf-8").split())


def unfolded(text: str) -> str:
    """Joins the continuation lines of header text."""
    return _FOLD.sub(" ", text)


class _Part(Struct, frozen=True, kw_only=True):
    headers: Message
    body: bytes


def _part(data: bytes) -> _Part:
    head, _, body = data.partition(b"\n\n")
    # A part that begins with an empty line has no headers.
    if data.startswith(b"\n"):
        head, body = b"", data[1:]
    return _Part(headers=BytesHeaderParser().parsebytes(head[:_MAX_HEADERS] + b"\n\n"), body=body)


def _leaf_parts(part: _Part, *, depth: int, budget: list[int]) -> Iterator[tuple[str, _Part]]:
    """Yields the parts that are not multipart, in order, with their content types.

    Args:
        part: the part to start from.
        depth: its nesting depth, counted from 0.
        budget: how many parts may still be read, shared by all calls.
    """
    if budget[0] <= 0:
        return
    budget[0] -= 1
    kind = _type(part.headers)
    boundary = _boundary(part.headers) if kind.startswith("multipart/") else b""
    # A multipart without a boundary, or one nested too deep, is read as text.
    if not boundary or depth >= _MAX_DEPTH:
        yield ("text/plain" if kind.startswith("multipart/") else kind), part
        return
    for data in _split(part.body, boundary):
        yield from _leaf_parts(_part(data), depth=depth + 1, budget=budget)


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yields the parts between the boundary lines; the whole body if there are none."""
    delimiter = b"--" + boundary
    lines: list[bytes] | None = None
    has_delimiter = False
    for line in body.split(b"\n"):
        if line.startswith(delimiter) and line[len(delimiter) :].strip() in (b"", b"--"):
            if lines is not None:
                yield b"\n".join(lines)
            has_delimiter = True
            lines = None if line[len(delimiter) :].strip() else []
        elif lines is not None:
            lines.append(line)
    if lines is not None:  # the closing delimiter is missing
        yield b"\n".join(lines)
    # The added empty line marks the body as a part without headers.
    if not has_delimiter:
        yield b"\n" + body


def _type(headers: Message) -> str:
    try:
        return headers.get_content_type()
    except _PARSER_ERRORS:
        return "text/plain"


def _boundary(headers: Message) -> bytes:
    try:
        return (headers.get_boundary() or "").encode("ascii", "surrogateescape")
    except _PARSER_ERRORS:
        return b""


def _text(part: _Part, *, limit: int = _MAX_TEXT) -> str:
    """Returns the content of a part as text, for any encoding and character set."""
    data = _decoded_body(part)
    try:
        label = part.headers.get_content_charset() or ""
    except _PARSER_ERRORS:
        label = ""
    # The escape sequence of ISO-2022-JP, which is often mislabelled.
    if b"\x1b$" in data:
        label = "iso-2022-jp"
    for charset in (label, "utf-8"):
        try:
            return data.decode(_charset(charset)).replace("\r\n", "\n")[:limit]
        except (LookupError, ValueError):  # such as `hex`, a codec that is not for text
            continue
    # Latin-1 decodes any bytes.
    return data.decode("latin-1").replace("\r\n", "\n")[:limit]


def _decoded_body(part: _Part) -> bytes:
    """Returns the body with its transfer encoding decoded; unchanged if that is broken."""
    encoding = decoded(part.headers.get("Content-Transfer-Encoding")).lower()
    if encoding.startswith("quoted-printable"):
        return binascii.a2b_qp(part.body)
    if encoding.startswith("base64"):
        try:
            return binascii.a2b_base64(part.body)
        except binascii.Error:
            return part.body
    return part.body


def _charset(name: str | None) -> str:
    """Returns Python's name of a character set; UTF-8 if Python does not support it."""
    try:
        return codecs.lookup(name or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
