"""Bytes from outside to text: decoded, refused where they are hostile, freed of HTML.

Everything here is linear in its input. What it refuses, it refuses before any parser runs;
docs/hostile-input.md has the table.
"""

import codecs
import html
import re
import sys
from collections.abc import Iterator
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


# Names that count as tags. What else stands in angle brackets (`<think>`, `x<y and z>w`) is text.
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

# Attributes may hold a quoted `>`; bounded, so that unclosed quotes cost little.
_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>[A-Za-z][A-Za-z0-9:]{0,15})(?=[\s/>])"
    r"(?:(?:[^<>\"']++|\"[^\"]{0,4000}+\"|'[^']{0,4000}+')*+|[^>]{0,4000}+)>"
)
_PARAGRAPH, _BREAK = "\x1d", "\x1e"  # no text keeps a control character
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_MARKUP = 8  # times the wanted length: how much of the HTML is read
# Controls, and the characters that turn the direction of what follows.
_UNWANTED = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), 173, 65279)
) | dict.fromkeys((0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def html_text(source: str, *, limit: int) -> str:
    """The text that a reader of this HTML would see; paragraphs are separated by blank lines.

    Scripts, styles and embedded things go with their content; character references are
    decoded once. Plain text passes as it is, but for its white space. Longer texts are cut.

    Args:
        source: HTML, or plain text.
        limit: the length of the result, in characters.
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
    """The text of this HTML in one line; longer ones are cut."""
    return " ".join(html_text(source, limit=limit).split())


def paragraphs(text: str, *, limit: int) -> str:
    """Plain text, its lines joined; blank lines separate its paragraphs. Longer ones are cut."""
    parts = _BLANK_LINE.split(_plain(text[: limit * _MARKUP]).replace("\r\n", "\n"))
    return "\n\n".join(filter(None, (" ".join(part.split()) for part in parts)))[:limit].rstrip()


def http_url(text: str | None) -> str | None:
    """The address, if it is an http or https address that is fit to be a link; else None."""
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
    """Each run of text, and the name of the tag after it ("" for none of our concern)."""
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
