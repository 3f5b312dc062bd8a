"""HTML as the text that a reader of it sees.

Takes any text, raises nothing, and takes time linear in its length.
"""

import html
import re
from collections.abc import Iterator

from digest.core.text.invisible import without_invisible
from digest.late_patterns import late_pattern

CHARACTER_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
"""A complete character reference, such as `&amp;` or `&#955;`."""

# Names that count as tags. Other text in angle brackets (`<think>`, `x<y and z>w`) is text.
_BLOCK = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer"  # noqa: SIM905
    " form h1 h2 h3 h4 h5 h6 header hr html main nav ol p pre section table ul jats:p jats:sec"
    " jats:title".split()
)
_LINE = frozenset(("br", "li", "tr"))
_CELL = frozenset(("td", "th"))
_DROPPED = frozenset(
    "applet audio canvas frameset iframe noscript object script style svg template"  # noqa: SIM905
    " textarea video".split()
)
_INLINE = frozenset(
    "a abbr acronym b base bdi bdo big button caption cite code col colgroup data del details dfn"  # noqa: SIM905
    " em embed font frame head i img input ins kbd label legend link map mark meta meter nobr option"
    " output param picture progress q rp rt ruby s samp select small source span strike strong"
    " sub summary sup tbody td tfoot th thead time tt u var wbr jats:italic jats:bold jats:sub"
    " jats:sup".split()
)
_ELEMENTS = _BLOCK | _LINE | _DROPPED | _INLINE

_RAW = frozenset(("script", "style", "title"))  # without an end tag, the rest belongs to them

# Attributes may hold a quoted `>`; bounded, so that unclosed quotes cost little.
_TAG = late_pattern(
    r"<(?P<close>/)?(?P<name>[A-Za-z!][A-Za-z0-9:]{0,15})(?=[\s/>])"
    r"(?:(?:[^<>\"']++|\"[^\"]{0,4000}+\"|'[^']{0,4000}+')*+|[^>]{0,4000}+)>"
)
# Much software writes a character outside the basic plane as two references to surrogates.
_SURROGATE_REFERENCES = late_pattern(
    r"&#(?:[xX]0{0,4}(?P<high_hex>[dD][89abAB][0-9a-fA-F]{2})|0{0,4}(?P<high>5[56][0-9]{3}));"
    r"&#(?:[xX]0{0,4}(?P<low_hex>[dD][c-fC-F][0-9a-fA-F]{2})|0{0,4}(?P<low>5[67][0-9]{3}));"
)
_HIGH_SURROGATES, _LOW_SURROGATES = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_LONG_NUMBER = late_pattern(r"&#[0-9]{4000,}+;?")  # `int` refuses more than 4300 digits
_PARAGRAPH, _BREAK = "\x1d", "\x1e"  # `_plain` removes them from texts
_BLANK_LINE = late_pattern(r"\n[^\S\n]*\n\s*")
_MARKUP = 8  # times the wanted length: how much of the HTML is read
_SEPARATORS = late_pattern("[\x0b\x0c\x1c-\x1f\x85]")  # controls that count as white space


def html_text(source: str, *, limit: int, only_html: bool = False) -> str:
    """Returns the text that a reader of this HTML would see, a blank line between paragraphs.

    Scripts, styles and embedded objects are removed with their content; character references
    are decoded once. Plain text keeps everything but its white space.

    Args:
        source: HTML, or plain text.
        limit: the maximum length of the result, in characters.
        only_html: the text is surely HTML, such as a part of a message: every tag is removed,
            whatever its name, `<title>` with its content; line breaks of the source stay, as
            in `<pre>`, and table cells begin lines. Otherwise only HTML's own names count as
            tags, because papers write `<think>`.
    """
    parts: list[str] = []
    breaks = _LINE | _CELL if only_html else _LINE
    for piece, tag in _pieces(source[: limit * _MARKUP], only_html=only_html):
        text = unescaped(piece)
        text = _BLANK_LINE.sub(_PARAGRAPH, _plain(text).replace("\r\n", "\n"))
        parts.append(text.replace("\n", _BREAK) if only_html else text)
        if tag in _BLOCK:
            parts.append(_PARAGRAPH)
        elif tag in breaks:
            parts.append(_BREAK)
    paragraphs = (
        "\n".join(filter(None, (" ".join(line.split()) for line in paragraph.split(_BREAK))))
        for paragraph in "".join(parts).split(_PARAGRAPH)
    )
    return "\n\n".join(filter(None, paragraphs))[:limit].rstrip()


def unescaped(text: str) -> str:
    """Decodes character references as `html.unescape` does, but never raises."""
    if "&" not in text:
        return text
    return html.unescape(_LONG_NUMBER.sub("\ufffd", with_joined_references(text)))


def with_joined_references(text: str) -> str:
    """Returns the text with each two references to surrogates as the character they stand for.

    `&#55357;&#56832;` becomes U+1F600. References to surrogates without their other half stay.
    """
    return _SURROGATE_REFERENCES.sub(_joined, text) if "&#" in text else text


def _joined(pair: re.Match[str]) -> str:
    high, low = (
        int(pair[f"{half}_hex"], 16) if pair[f"{half}_hex"] else int(pair[half])
        for half in ("high", "low")
    )
    is_pair = high in _HIGH_SURROGATES and low in _LOW_SURROGATES
    return chr(0x10000 + ((high & 0x3FF) << 10 | low & 0x3FF)) if is_pair else pair[0]


def html_line(source: str, *, limit: int, only_html: bool = False) -> str:
    """Returns the text of this HTML on one line; the arguments are those of `html_text`."""
    return " ".join(html_text(source, limit=limit, only_html=only_html).split())


def plain_paragraphs(text: str, *, limit: int) -> str:
    """Returns plain text, each of its paragraphs on one line, cut to `limit` characters."""
    parts = _BLANK_LINE.split(_plain(text[: limit * _MARKUP]).replace("\r\n", "\n"))
    return "\n\n".join(filter(None, (" ".join(part.split()) for part in parts)))[:limit].rstrip()


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _SEPARATORS.sub("", without_invisible(text))


def _pieces(source: str, *, only_html: bool) -> Iterator[tuple[str, str]]:
    """Yields each run of text, and the name of the tag after it ("" after a comment)."""
    dropped = _DROPPED | {"title"} if only_html else _DROPPED
    unclosed: set[str] = set()  # names without an end tag in the rest: searched only once
    done = position = 0
    while (start := source.find("<", position)) >= 0:
        if source.startswith("<!--", start):
            yield source[done:start], ""
            done = position = _after(source, "-->", start)
            continue
        match = _TAG.match(source, start)
        name = match["name"].lower() if match else ""
        if match is None or not (only_html or name in _ELEMENTS):
            position = start + 1
            continue
        yield source[done:start], name
        done = position = match.end()
        if name not in dropped or name in unclosed or match["close"] or match[0][-2:] == "/>":
            continue
        if closing := re.compile(rf"</{name}\b", re.IGNORECASE).search(source, position):
            done = position = _after(source, ">", closing.start())
        elif name in _RAW:
            done = position = len(source)
        else:
            unclosed.add(name)
    yield source[done:], ""


def _after(source: str, end: str, start: int) -> int:
    found = source.find(end, start)
    return len(source) if found < 0 else found + len(end)
