"""Decodes untrusted documents, rejects dangerous ones, and converts HTML to text.

Every function takes time linear in the length of its input. Dangerous documents are rejected
before any parser reads them; docs/hostile-input.md has the table.
"""

import codecs
import html
import re
import sys
from collections.abc import Iterator
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
    declared = found[1].decode().lower() if (found := _ENCODING.match(data)) else ""
    tried = (declared, "utf-8") if declared.startswith(_SEVEN_BIT) else ("utf-8", declared)
    for encoding in filter(None, tried):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("windows-1252", "replace")


def xml_text(text: str, *, origin: str) -> str:
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
    """Parses an XML document and returns its root element.

    Args:
        data: The document.
        origin: The file or address that it comes from, for error messages.

    Raises:
        InputError: The document is dangerous (see `xml_text`) or not well-formed; with the line.
    """
    text = xml_text(decode(data, origin=origin), origin=origin)
    try:
        return ET.fromstring(text.encode("utf-8", "replace"))  # noqa: S314 - no entities, bounded
    except ET.ParseError as error:
        line, _ = error.position
        raise InputError(
            f"not well-formed XML: {str(error).partition(':')[0]}", file=origin, line=line
        ) from None


# Names that count as tags. Anything else in angle brackets (`<think>`, `x<y and z>w`) is text.
_BLOCK = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer"  # noqa: SIM905
    " form h1 h2 h3 h4 h5 h6 header hr html main nav ol p pre section table ul jats:p jats:sec"
    " jats:title".split()
)
_LINE = frozenset(("br", "li", "tr"))
_DROPPED = frozenset(
    "applet audio canvas embed frameset iframe noscript object script style svg template"  # noqa: SIM905
    " textarea video".split()
)
_INLINE = frozenset(
    "a abbr acronym b base bdi bdo big button caption cite code col colgroup data del details dfn"  # noqa: SIM905
    " em font frame head i img input ins kbd label legend link map mark meta meter nobr option"
    " output param picture progress q rp rt ruby s samp select small source span strike strong"
    " sub summary sup tbody td tfoot th thead time tt u var wbr jats:italic jats:bold jats:sub"
    " jats:sup".split()
)
_ELEMENTS = _BLOCK | _LINE | _DROPPED | _INLINE

# Attributes may contain a quoted `>`. The length is bounded, so that unclosed quotes cost little.
_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>[A-Za-z][A-Za-z0-9:]{0,15})(?=[\s/>])"
    r"(?:(?:[^<>\"']++|\"[^\"]{0,4000}+\"|'[^']{0,4000}+')*+|[^>]{0,4000}+)>"
)
_PARAGRAPH, _BREAK = "\x1d", "\x1e"  # control characters were removed from the text before
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_MARKUP = 8  # how many characters of HTML are read for each character of the result
# Control characters, and those that change the direction of the text after them.
_UNWANTED = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), 173, 65279)
) | dict.fromkeys((0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def html_text(source: str, *, limit: int) -> str:
    """Returns the visible text of HTML, with a blank line between paragraphs.

    Scripts, styles and embedded objects are removed with their content. Character references
    are decoded once. Plain text is not changed, except for its white space.

    Args:
        source: HTML, or plain text.
        limit: The maximum length of the result in characters; longer texts are cut.
    """
    parts: list[str] = []
    for piece, tag in _pieces(source[: limit * _MARKUP]):
        text = html.unescape(piece) if "&" in piece else piece
        parts.append(_BLANK_LINE.sub(_PARAGRAPH, _plain(text).replace("\r\n", "\n")))
        if tag in _BLOCK:
            parts.append(_PARAGRAPH)
        elif tag in _LINE:
            parts.append(_BREAK)
    paragraphs = (
        "\n".join(filter(None, (" ".join(line.split()) for line in paragraph.split(_BREAK))))
        for paragraph in "".join(parts).split(_PARAGRAPH)
    )
    return "\n\n".join(filter(None, paragraphs))[:limit].rstrip()


def line(source: str, *, limit: int) -> str:
    """Returns the visible text of HTML on one line, cut at `limit` characters."""
    return " ".join(html_text(source, limit=limit).split())


def paragraphs(text: str, *, limit: int) -> str:
    """Returns plain text with one line for each paragraph and blank lines between them.

    Args:
        text: Plain text in which blank lines separate paragraphs.
        limit: The maximum length of the result in characters; longer texts are cut.
    """
    parts = _BLANK_LINE.split(_plain(text[: limit * _MARKUP]).replace("\r\n", "\n"))
    return "\n\n".join(filter(None, (" ".join(part.split()) for part in parts)))[:limit].rstrip()


def http_url(text: str | None) -> str | None:
    """Returns the address if it is a valid http or https link; else None."""
    address = (text or "").strip()
    return address if _ADDRESS.fullmatch(address) else None


_ADDRESS = re.compile(
    r"https?://[^\s/?#<>\"'\\^`{|}@]+(?:[/?#][^\s<>\"\\^`{|}]{0,1900})?", re.IGNORECASE
)


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_UNWANTED).encode("utf-8", "replace").decode()  # no lone surrogates


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Yields each piece of text with the name of the tag after it; "" after a comment."""
    done = position = 0
    while (start := source.find("<", position)) >= 0:
        if source.startswith("<!--", start):
            yield source[done:start], ""
            done = position = _after(source, "-->", start)
            continue
        match = _TAG.match(source, start)
        name = match["name"].lower() if match else ""
        if match is None or name not in _ELEMENTS:
            position = start + 1
            continue
        yield source[done:start], name
        done = position = match.end()
        if name in _DROPPED and not match["close"] and not match[0].endswith("/>"):
            closing = re.compile(rf"</{name}\b", re.IGNORECASE).search(source, position)
            done = position = _after(source, ">", closing.start()) if closing else len(source)
    yield source[done:], ""


def _after(source: str, end: str, start: int) -> int:
    found = source.find(end, start)
    return len(source) if found < 0 else found + len(end)
