"""An answer opened: its headers, its readable texts, its report, and what it returns of ours.

Tolerant on purpose (RFC 2045, 2046, 3462): bounces come from the worst of mail software. The
parts are split here and not by `email`, whose parser recurses as deep as a message nests.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

from digest.core.text.html_text import html_text

MOST_BYTES = 1 << 20  # of a message: the report stands before the returned original
_MOST_PARTS = 50
_MOST_DEPTH = 5
_MOST_HEADERS = 1 << 16  # bytes of one part
_MOST_TEXT = 100_000  # characters of one part

# What the header parsers of `email` are known to raise on malformed parameters.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, MessageError)

REPORTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report"}
)
_RETURNED = frozenset({"text/rfc822-headers", "message/global-headers", "text/rfc822"})
_NESTED = frozenset({"message/rfc822", "message/global"})

_FOLD = re.compile(r"\n[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """One message in the parts that matter here."""

    headers: Message  # of the message itself
    texts: tuple[str, ...]  # for people; HTML as text, only where there is nothing plainer
    reports: tuple[tuple[str, str], ...]  # type and text of each report part
    returned: tuple[str, ...]  # messages, or their headers, that it gives back

    def header(self, name: str) -> str:
        """A header, decoded, on one line; empty if there is none."""
        return decoded(next(self.all(name), ""))

    def all(self, name: str) -> Iterator[str]:
        """All headers of this name as they stand; UTF-8 without encoding is read (RFC 6532)."""
        for key, value in self.headers.raw_items():
            if key.lower() == name.lower():
                yield str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def parse_message(data: bytes) -> ParsedMessage:
    """The message's parts; of any bytes whatever, without an error.

    Args:
        data: with any line ends; beyond `MOST_BYTES` it is not read.
    """
    data = data[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n \t")
    top = _part(data)
    plain: list[str] = []
    marked: list[str] = []
    reports: list[tuple[str, str]] = []
    returned: list[str] = []
    for kind, part in _leaves(top, depth=0, left=[_MOST_PARTS]):
        text = _text(part)
        if kind in REPORTS:
            reports.append((kind, text))
        elif kind in _NESTED or kind in _RETURNED:
            returned.append(text)
        elif kind == "text/html":
            marked.append(html_text(text, limit=_MOST_TEXT, only_html=True))
        elif kind.startswith("text/"):
            plain.append(text)
    texts = plain if any(item.strip() for item in plain) else marked
    return ParsedMessage(
        headers=top.headers, texts=tuple(texts), reports=tuple(reports), returned=tuple(returned)
    )


def decoded(value: object) -> str:
    """A header's value with its encoded words read (RFC 2047), on one line."""
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
    """Header text with its continuation lines joined."""
    return _FOLD.sub(" ", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    headers: Message
    body: bytes


def _part(data: bytes) -> _Part:
    head, _, body = data.partition(b"\n\n")
    if data.startswith(b"\n"):  # no headers at all
        head, body = b"", data[1:]
    return _Part(headers=BytesHeaderParser().parsebytes(head[:_MOST_HEADERS] + b"\n\n"), body=body)


def _leaves(part: _Part, *, depth: int, left: list[int]) -> Iterator[tuple[str, _Part]]:
    """The parts that hold something, with their types, in order."""
    if left[0] <= 0:
        return
    left[0] -= 1
    kind = _type(part.headers)
    boundary = _boundary(part.headers) if kind.startswith("multipart/") else b""
    if not boundary or depth >= _MOST_DEPTH:
        yield ("text/plain" if kind.startswith("multipart/") else kind), part
        return
    for piece in _split(part.body, boundary):
        yield from _leaves(_part(piece), depth=depth + 1, left=left)


def _split(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """What stands between the delimiter lines; the whole where there are none."""
    mark = b"--" + boundary
    piece: list[bytes] | None = None
    seen = False
    for line in body.split(b"\n"):
        if line.startswith(mark) and line[len(mark) :].strip() in (b"", b"--"):
            if piece is not None:
                yield b"\n".join(piece)
            seen = True
            piece = None if line[len(mark) :].strip() else []
        elif piece is not None:
            piece.append(line)
    if piece is not None:
        yield b"\n".join(piece)
    if not seen:
        yield b"\n" + body


def _type(headers: Message) -> str:
    try:
        return headers.get_content_type()
    except _BROKEN:
        return "text/plain"


def _boundary(headers: Message) -> bytes:
    try:
        return (headers.get_boundary() or "").encode("ascii", "surrogateescape")
    except _BROKEN:
        return b""


def _text(part: _Part) -> str:
    """The part's content as text, however it is encoded and in whatever character set."""
    data = _transferred(part)
    try:
        named = part.headers.get_content_charset() or ""
    except _BROKEN:
        named = ""
    if b"\x1b$" in data:  # ISO-2022-JP, whatever the label says
        named = "iso-2022-jp"
    for charset in (named, "utf-8"):
        try:
            return data.decode(_charset(charset)).replace("\r\n", "\n")[:_MOST_TEXT]
        except (LookupError, ValueError):  # `hex` is a codec, and none of text
            continue
    return data.decode("latin-1").replace("\r\n", "\n")[:_MOST_TEXT]


def _transferred(part: _Part) -> bytes:
    """The body without its transfer encoding; as it stands where that is broken."""
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
    """A character set that Python knows; UTF-8 for a name that it does not."""
    try:
        return codecs.lookup(name or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
