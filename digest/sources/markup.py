"""Bytes from outside to text: decoded, and refused where they are hostile.

Everything here is linear in its input. What it refuses, it refuses before any parser runs;
docs/hostile-input.md has the table.
"""

import codecs
import re
import sys
from xml.etree import ElementTree as ET

from digest.errors import InputError

MAX_BYTES = 8 * 2**20  # a full arXiv listing of 2,000 papers has about 4 MB
MAX_DEPTH = 1_000  # real feeds stay below 20; unclosed HTML inside them adds some
MAX_ELEMENTS = 250_000  # 2,000 papers of arXiv have some 40,000

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = (  # how `<` begins a document without a mark
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Long enough to be out of Unicode's range; feedparser would stop at it.
_CHARACTER = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]{6,})|(?P<decimal>[0-9]{7,}));?")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,400}\?>", re.IGNORECASE)
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_SEVEN_BIT = ("iso-2022", "iso2022", "csiso2022", "hz")  # valid UTF-8, and yet another text

_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_OPENING = re.compile(r"<(?:(?P<skip>!--|!\[CDATA\[)|(?P<close>/)?[A-Za-z_:][^<>]*)")
_SKIPPED_TO = {"!--": "-->", "![CDATA[": "]]>"}


def decode(data: bytes, *, origin: str) -> str:
    """The text of a document, by its byte order mark, else UTF-8, else as it declares.

    What is valid UTF-8 is read as such even if it declares something else; what fits
    nothing is read as Windows-1252.

    Raises:
        InputError: it is empty, longer than MAX_BYTES, or binary.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"too large: {len(data):,} bytes, where at most {MAX_BYTES:,} are read", file=origin
        )
    text = _decoded(data)
    if not text or text.isspace():
        raise InputError("it is empty", file=origin)
    if (nul := text.find("\0")) >= 0:
        line = text.count("\n", 0, nul) + 1
        raise InputError("binary data, not the text of a feed", file=origin, line=line)
    return text


def _decoded(data: bytes) -> str:
    for start, encoding in (*_BOMS, *_WIDE):
        if data.startswith(start):
            return data.decode(encoding, "replace")
    declared = found[1].decode().lower() if (found := _ENCODING.match(data)) else ""
    tried = (declared, "utf-8") if declared.startswith(_SEVEN_BIT) else ("utf-8", declared)
    for encoding in filter(None, tried):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("windows-1252", "replace")


def xml_text(text: str, *, origin: str) -> str:
    """A decoded XML document, fit to be parsed: as UTF-8, for its declaration is gone.

    Raises:
        InputError: it declares entities, is nested too deeply, or has too many elements.
    """
    if entity := _ENTITY.search(text):
        raise InputError(
            "it declares entities (<!ENTITY), which can grow without bounds; they are not read",
            file=origin,
            line=text.count("\n", 0, entity.start()) + 1,
        )
    _refuse_mazes(text, origin)
    text = _CHARACTER.sub(_possible, text)
    if declaration := _DECLARATION.match(text):
        return "\n" * declaration[0].count("\n") + text[declaration.end() :]
    return text.lstrip() if text[:1].isspace() else text


def _possible(reference: re.Match[str]) -> str:
    """A character reference; what no character has for a number becomes the sign for that."""
    digits = reference["hex"] or reference["decimal"]
    number = int(digits, 16 if reference["hex"] else 10) if len(digits) <= 16 else sys.maxsize
    return reference[0] if number <= sys.maxunicode else "\ufffd"


def _refuse_mazes(text: str, origin: str) -> None:
    depth = elements = position = 0
    while match := _OPENING.search(text, position):
        position = match.end()
        if skipped := match["skip"]:
            end = text.find(_SKIPPED_TO[skipped], position)
            position = len(text) if end < 0 else end
        elif match["close"]:
            depth = max(0, depth - 1)
        else:
            elements += 1
            depth += text[position - 1] != "/"
            if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
                deep = f"nested more than {MAX_DEPTH:,} levels deep"
                many = f"more than {MAX_ELEMENTS:,} elements"
                raise InputError(
                    f"{deep if depth > MAX_DEPTH else many}; no feed is",
                    file=origin,
                    line=text.count("\n", 0, match.start()) + 1,
                )


def tree(data: bytes, *, origin: str) -> ET.Element:
    """The root of a well-formed XML document without entities.

    Raises:
        InputError: it was refused, or is not well-formed; with the line.
    """
    text = xml_text(decode(data, origin=origin), origin=origin)
    try:
        return ET.fromstring(text.encode("utf-8", "replace"))  # noqa: S314 - no entities, bounded
    except ET.ParseError as error:
        line, _ = error.position
        raise InputError(
            f"not well-formed XML: {str(error).partition(':')[0]}", file=origin, line=line
        ) from None


def http_url(text: str | None) -> str | None:
    """The address, if it is an http or https address that is fit to be a link; else None."""
    address = (text or "").strip()
    return address if _ADDRESS.fullmatch(address) else None


_ADDRESS = re.compile(
    r"https?://[^\s/?#<>\"'\\^`{|}@]+(?:[/?#][^\s<>\"\\^`{|}]{0,1900})?", re.IGNORECASE
)
