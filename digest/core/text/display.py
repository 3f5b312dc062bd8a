"""Converts a source's text for display: one line, without markup, TeX as Unicode.

The store contains the text as the source wrote it; a message shows the result of `display_text`.
Only HTML and Markdown that are certainly markup are removed (formatting tags, character references,
marks of emphasis, addresses of links). Other angle brackets and asterisks are text. They are safe,
because the templates escape them.

>>> display_text("**Fast** <i>k</i>NN &amp;amp; $O(n^2)$ \u202eseY")
'Fast kNN & O(n²) seY'
"""

import html
import re
import unicodedata
from html.entities import html5
from typing import Literal

from digest.core.models.papers import Paper
from digest.core.text.html_text import CHARACTER_REFERENCE, with_joined_references
from digest.core.text.invisible import with_bounded_marks, without_invisible
from digest.core.text.markup.markdown import without_markdown
from digest.core.text.markup.tex import tex_to_unicode
from digest.core.text.markup.tex_remains import without_tex_remains
from digest.late_patterns import late_pattern

Direction = Literal["ltr", "rtl"]

_PASSES = 4  # for character references inside each other, with TeX inside
_MAX_MARKS = 4  # combining marks on one letter: no script needs more

# Names of Greek letters in ISO 8879, which HTML does not define; PubMed uses them.
_ISO_GREEK = dict(
    zip(
        "agr bgr ggr dgr egr zgr thgr lgr mgr ngr pgr rgr sgr tgr phgr psgr ohgr Dgr".split(),  # noqa: SIM905 - names
        "αβγδεζθλμνπρστφψωΔ",
        strict=True,
    )
)
_ATTRIBUTE = (
    r"\s+[A-Za-z][\w:-]{0,30}(?:=(?:\"[^\"<>]{0,1000}\"|'[^'<>]{0,1000}'|[^\s\"'<>=]{1,1000}))"
)
_TAG = late_pattern(
    r"<(?P<close>/)?(?P<name>a|abbr|b|bold|br|em|font|i|inf|italic|mark|p|q|s|small|span|strong"
    r"|sub|sup|tt|u|jats:(?:p|title|italic|bold|sub|sup|sec))"
    rf"(?:{_ATTRIBUTE}){{0,6}}\s?/?>",
    re.IGNORECASE,
)
_SPACED = frozenset(("br", "p", "jats:p", "jats:title", "jats:sec"))
_RAISED = late_pattern(r"<(sup|sub|inf)>([0-9+−-]{1,6}|[a-z])</\1>", re.IGNORECASE)


def display_text(text: str) -> str:
    """Returns the text for display: one line in NFC. A second call changes nothing.

    Character references are decoded, also those encoded twice. Formatting tags, marks of Markdown
    and invisible characters are removed, and more than four combining marks on one letter. TeX
    becomes Unicode where it is certainly TeX. The function never raises.

    Args:
        text: a title, an abstract or a name, as the source wrote it.

    Returns:
        Plain text, which must be escaped wherever `<` or `&` has a meaning.
    """
    plain = _plain(text)
    before, after = plain, _once(plain)
    for _ in range(_PASSES):
        if after == before:
            return after
        before, after = after, _once(after)
    return after if after == before else plain


def display_title(paper: Paper) -> str:
    """Returns the paper's title for display; it may be empty."""
    return display_text(paper.title)


def display_abstract(paper: Paper) -> str:
    """Returns the paper's abstract for display as one paragraph; it may be empty."""
    return display_text(paper.abstract)


def display_authors(paper: Paper, limit: int) -> tuple[str, ...]:
    """Returns the first `limit` author names for display, without empty ones."""
    shown: list[str] = []
    for name in paper.authors:
        if len(shown) == limit:
            break
        if one := display_text(name):
            shown.append(one)
    return tuple(shown)


def direction(text: str) -> Direction:
    """Returns the text direction, given by the first strong character; "ltr" without one.

    Source: rules P2 and P3 of Unicode's bidirectional algorithm (UAX #9).
    """
    if text.isascii():
        return "ltr"
    kinds = map(unicodedata.bidirectional, text)
    return "rtl" if next((kind for kind in kinds if kind in _STRONG), "L") != "L" else "ltr"


_STRONG = frozenset(("L", "R", "AL"))


def _plain(text: str) -> str:
    """Returns one line in NFC, without invisible characters and piled-up marks."""
    text = without_invisible(text)
    if not text.isascii():
        text = _without_towers(unicodedata.normalize("NFC", with_bounded_marks(text)))
    return " ".join(text.split())


def _without_towers(text: str) -> str:
    if not _MAYBE_TOWER.search(text):
        return text
    kept: list[str] = []
    height = 0
    for char in text:
        kind = unicodedata.category(char)
        # A joiner between two marks does not start a new letter.
        if kind != "Cf":
            height = height + 1 if kind in ("Mn", "Me") else 0
        if height <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


_MAYBE_TOWER = re.compile(rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}")


def _once(before: str) -> str:
    """Resolves one level of markup in a plain text."""
    text = before
    # Twice before TeX is read, because & has a meaning in TeX.
    for _ in range(2):
        if "&" in text:
            text = CHARACTER_REFERENCE.sub(_character, with_joined_references(text))
    if "<" in text:
        text = _TAG.sub(_untagged, _RAISED.sub(_script, text))
    unmarked = without_tex_remains(without_markdown(tex_to_unicode(text)))
    # What was plain, and was not changed, is plain still.
    return unmarked if unmarked == before and before.isascii() else _plain(unmarked)


def _character(reference: re.Match[str]) -> str:
    name = reference[0][1:-1]
    if name[0] == "#":
        return html.unescape(reference[0])
    return _ISO_GREEK.get(name) or html5.get(f"{name};") or reference[0]


def _untagged(tag: re.Match[str]) -> str:
    return " " if tag["name"].lower() in _SPACED else ""


def _script(found: re.Match[str]) -> str:
    sign = "^" if found[1].lower() == "sup" else "_"
    return tex_to_unicode(f"${sign}{{{found[2]}}}$")
