"""Decodes untrusted documents, and rejects dangerous ones.

Every function takes time linear in the length of its input. Dangerous documents are rejected
before any parser reads them; docs/hostile-input.md has the table.
"""

import codecs
import re
import sys
from contextlib import suppress
from xml.etree import ElementTree as ET

from digest.core.text.html_text import with_joined_references
from digest.core.text.invisible import with_joined_surrogates
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
# A parser of XML refuses the whole document for a reference to a character that XML does not
# allow, such as a control character or a surrogate, and for such a character itself.
_REFERENCE = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]{1,16})|(?P<decimal>[0-9]{1,16}))(?P<end>;?)")
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{17,}|[0-9]{17,});?")
_REFUSED = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ALLOWED = (  # https://www.w3.org/TR/xml/#charsets
    *((0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, sys.maxunicode)),
)
_WRONG_BYTE = re.compile("[\udc80-\udcff]")  # as `surrogateescape` writes it
_MIN_RIGHT = 2  # characters outside ASCII for each wrong byte; other encodings have hardly any
_MAX_NUL_SHARE = 0.01  # of a document; more are binary data
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
        is_document = text.lstrip()[:1] in ("<", "{", "[")
        if not is_document or text.count("\0") > _MAX_NUL_SHARE * len(text):
            line = text.count("\n", 0, nul) + 1
            raise InputError("binary data, not the text of a feed", file=origin, line=line)
        # An entry with such a fault must not cost the others.
        text = text.replace("\0", "")
    return text


def _decoded(data: bytes) -> str:
    for start, encoding in (*_BOMS, *_WIDE):
        if data.startswith(start):
            return data.decode(encoding, "replace")
    declaration = _ENCODING.match(data)
    declared = declaration[1].decode().lower() if declaration else ""
    # Text in another encoding is hardly ever valid UTF-8, and declarations are often wrong. So
    # UTF-8 is tried first.
    candidates = (declared, "utf-8") if declared.startswith(_SEVEN_BIT) else ("utf-8", declared)
    for encoding in filter(None, candidates):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return _damaged_utf8(data) or data.decode("windows-1252", "replace")


def _damaged_utf8(data: bytes) -> str | None:
    """Returns the text if the data is UTF-8 with a few wrong bytes; else None.

    So one wrong byte in an entry does not garble all others; it is read as Windows-1252. Some software writes each half of a
    character as a character of its own (CESU-8); the halves are joined.
    """
    with suppress(UnicodeError):
        return with_joined_surrogates(data.decode("utf-8", "surrogatepass"))
    text = data.decode("utf-8", "surrogateescape")
    wrong = len(_WRONG_BYTE.findall(text))
    right = len(text) - len(text.encode("ascii", "ignore")) - wrong
    return _WRONG_BYTE.sub(_as_windows_1252, text) if right > _MIN_RIGHT * wrong else None


def _as_windows_1252(byte: re.Match[str]) -> str:
    return byte[0].encode("utf-8", "surrogateescape").decode("windows-1252", "replace")


def safe_xml(text: str, *, origin: str) -> str:
    """Returns a decoded XML document without its declaration, safe to parse as UTF-8.

    Line numbers stay the same.

    Args:
        text: The decoded document.
        origin: The file or address that it comes from, for error messages.

    Raises:
        InputError: It declares entities, is nested too deeply, or has too many elements.
    """
    # Before the checks: a character that is removed after them could hide `<!ENTITY` from them.
    if _REFUSED.search(text):
        text = _REFUSED.sub("", text.replace("\x0b", " ").replace("\x0c", " "))
    if entity := _ENTITY.search(text):
        raise InputError(
            "it declares entities (<!ENTITY), which can grow without bounds; they are not read",
            file=origin,
            line=text.count("\n", 0, entity.start()) + 1,
        )
    _check_size(text, origin)
    # Inside CDATA references are text. Changed ones show the same there after HTML is read.
    text = _LONG_REFERENCE.sub("\ufffd", with_joined_references(text))
    text = _REFERENCE.sub(_valid_reference, text)
    if declaration := _DECLARATION.match(text):
        return "\n" * declaration[0].count("\n") + text[declaration.end() :]
    return text.lstrip() if text[:1].isspace() else text


def _valid_reference(reference: re.Match[str]) -> str:
    """Returns the character reference, or U+FFFD if XML does not allow the character."""
    number = int(reference["hex"], 16) if reference["hex"] else int(reference["decimal"])
    if any(first <= number <= last for first, last in _ALLOWED):
        return reference[0]
    return "\ufffd"


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
            # `<br/` has no end tag.
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
        InputError: The document is dangerous (see `safe_xml`) or not well-formed; with the line.
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
    # `\s` of the pattern has no control characters, such as the escape of a terminal.
    return address if address.isprintable() and _ADDRESS.fullmatch(address) else None


_ADDRESS = re.compile(
    r"https?://[^\s/?#<>\"'\\^`{|}@]+(?:[/?#][^\s<>\"\\^`{|}]{0,1900})?", re.IGNORECASE
)
