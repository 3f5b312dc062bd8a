"""Decodes untrusted documents, and rejects dangerous ones.

Every function takes time linear in the length of its input. Dangerous documents are rejected
before any parser reads them; docs/hostile-input.md has the table.
"""

import codecs
import re
import sys
from xml.etree import ElementTree as ET

from digest.errors import InputError

MAX_BYTES = 8 * 2**20  # a full arXiv listing of 2,000 papers has about 4 MB
MAX_DEPTH = 1_000  # real feeds stay below 20; unclosed HTML in them increases it
MAX_ELEMENTS = 250_000  # an arXiv listing of 2,000 papers has about 40,000

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = (  # `<` at the beginning of a document without a byte order mark
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Numbers long enough to be outside Unicode; feedparser would fail on them.
_CHARACTER = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]{6,})|(?P<decimal>[0-9]{7,}));?")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,400}\?>", re.IGNORECASE)
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_SEVEN_BIT = ("iso-2022", "iso2022", "csiso2022", "hz")  # would wrongly pass as UTF-8

_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_OPENING = re.compile(r"<(?:(?P<skip>!--|!\[CDATA\[)|(?P<close>/)?[A-Za-z_:][^<>]*)")
_SKIPPED_TO = {"!--": "-->", "![CDATA[": "]]>"}


def decode(data: bytes, *, origin: str) -> str:
    """Returns the text of a document.

    The encoding is that of the byte order mark, else UTF-8 if the data is valid UTF-8, else the
    declared one, else Windows-1252.

    Args:
        data: The document.
        origin: The file or address that it comes from, for error messages.

    Raises:
        InputError: The document is empty, longer than MAX_BYTES, or binary.
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
    declaration = _ENCODING.match(data)
    declared = declaration[1].decode().lower() if declaration else ""
    candidates = (declared, "utf-8") if declared.startswith(_SEVEN_BIT) else ("utf-8", declared)
    for encoding in filter(None, candidates):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("windows-1252", "replace")


def safe_xml(text: str, *, origin: str) -> str:
    """Returns a decoded XML document without its declaration, safe to parse as UTF-8.

    Line numbers stay the same.

    Args:
        text: The decoded document.
        origin: The file or address that it comes from, for error messages.

    Raises:
        InputError: It declares entities, is nested too deeply, or has too many elements.
    """
    if entity := _ENTITY.search(text):
        raise InputError(
            "it declares entities (<!ENTITY), which can grow without bounds; they are not read",
            file=origin,
            line=text.count("\n", 0, entity.start()) + 1,
        )
    _check_size(text, origin)
    text = _CHARACTER.sub(_valid_reference, text)
    if declaration := _DECLARATION.match(text):
        return "\n" * declaration[0].count("\n") + text[declaration.end() :]
    return text.lstrip() if text[:1].isspace() else text


def _valid_reference(reference: re.Match[str]) -> str:
    """Returns the character reference, or U+FFFD if there is no such character."""
    digits = reference["hex"] or reference["decimal"]
    number = int(digits, 16 if reference["hex"] else 10) if len(digits) <= 16 else sys.maxsize
    return reference[0] if number <= sys.maxunicode else "\ufffd"


def _check_size(text: str, origin: str) -> None:
    """Raises InputError if the document has too many elements or is nested too deeply."""
    depth = elements = position = 0
    while match := _OPENING.search(text, position):
        position = match.end()
        # Tags in comments and CDATA are text.
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


def parse_xml(data: bytes, *, origin: str) -> ET.Element:
    """Parses an XML document and returns its root element.

    Args:
        data: The document.
        origin: The file or address that it comes from, for error messages.

    Raises:
        InputError: The document is dangerous (see `xml_text`) or not well-formed; with the line.
    """
    text = safe_xml(decode(data, origin=origin), origin=origin)
    try:
        return ET.fromstring(text.encode("utf-8", "replace"))  # noqa: S314 - no entities, bounded
    except ET.ParseError as error:
        line, _ = error.position
        raise InputError(
            f"not well-formed XML: {str(error).partition(':')[0]}", file=origin, line=line
        ) from None


def http_url(text: str | None) -> str | None:
    """Returns the address if it is a valid http or https link; else None."""
    address = (text or "").strip()
    return address if _ADDRESS.fullmatch(address) else None


_ADDRESS = re.compile(
    r"https?://[^\s/?#<>\"'\\^`{|}@]+(?:[/?#][^\s<>\"\\^`{|}]{0,1900})?", re.IGNORECASE
)
