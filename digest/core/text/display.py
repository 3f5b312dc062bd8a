"""A feed's text as a reader sees it: one line, without markup, TeX as Unicode.

The store keeps what a source wrote; the mail shows `text_shown` of it. Of HTML only what
is surely markup goes (formatting tags, character references): other angle brackets are
text, and stay safe because the templates escape them.

>>> text_shown("Fast <i>k</i>NN &amp;amp; $O(n^2)$ \u202eseY")
'Fast kNN & O(n²) seY'
"""

import html
import re
import unicodedata
from html.entities import html5
from typing import Literal

from digest.core.models.papers import Paper
from digest.core.text.invisible import without_invisible
from digest.core.text.tex import readable

Direction = Literal["ltr", "rtl"]

_PASSES = 4  # entities in entities, TeX in them
_MAX_MARKS = 4  # on one letter: as many as any script needs

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# ISO 8879's Greek, which HTML does not know; PubMed's records have it.
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
_TAG = re.compile(
    r"<(?P<close>/)?(?P<name>a|abbr|b|bold|br|em|font|i|inf|italic|mark|p|q|s|small|span|strong"
    r"|sub|sup|tt|u|jats:(?:p|title|italic|bold|sub|sup|sec))"
    rf"(?:{_ATTRIBUTE}){{0,6}}\s?/?>",
    re.IGNORECASE,
)
_SPACED = frozenset(("br", "p", "jats:p", "jats:title", "jats:sec"))
_RAISED = re.compile(r"<(sup|sub|inf)>([0-9+−-]{1,6}|[a-z])</\1>", re.IGNORECASE)


def text_shown(text: str) -> str:
    """The text on one line as it is shown, in NFC; shown again it stays as it is.

    Character references are decoded, even twice encoded ones; formatting tags go; TeX becomes
    Unicode as far as it is surely TeX; characters that act on their surroundings go, and so do
    the marks that are piled on one letter beyond four. Nothing is ever raised. The result is
    plain text: it has to be escaped wherever `<` or `&` mean something.
    """
    plain = _plain(text)
    before, after = plain, _once(plain)
    for _ in range(_PASSES):
        if after == before:
            return after
        before, after = after, _once(after)
    return after if after == before else plain


def title_shown(paper: Paper) -> str:
    """The paper's title as it is shown; it may be empty."""
    return text_shown(paper.title)


def abstract_shown(paper: Paper) -> str:
    """The paper's abstract as it is shown, its paragraphs joined; it may be empty."""
    return text_shown(paper.abstract)


def authors_shown(paper: Paper, limit: int) -> tuple[str, ...]:
    """The first `limit` names that are not empty, as they are shown."""
    shown: list[str] = []
    for name in paper.authors:
        if len(shown) == limit:
            break
        if one := text_shown(name):
            shown.append(one)
    return tuple(shown)


def direction(text: str) -> Direction:
    """The base direction of a text, by its first strong character; left to right without one.

    Source: rules P2 and P3 of Unicode's bidirectional algorithm (UAX #9).
    """
    if text.isascii():
        return "ltr"
    kinds = map(unicodedata.bidirectional, text)
    return "rtl" if next((kind for kind in kinds if kind in _STRONG), "L") != "L" else "ltr"


_STRONG = frozenset(("L", "R", "AL"))


def _plain(text: str) -> str:
    """One line in NFC, nothing invisible, no towers of marks."""
    text = without_invisible(text)
    if not text.isascii():
        text = _without_towers(unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def _without_towers(text: str) -> str:
    if not _MAYBE_TOWER.search(text):
        return text
    kept: list[str] = []
    height = 0
    for char in text:
        kind = unicodedata.category(char)
        if kind != "Cf":  # a joiner between two marks is no foundation
            height = height + 1 if kind in ("Mn", "Me") else 0
        if height <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


_MAYBE_TOWER = re.compile(rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}")


def _once(text: str) -> str:
    for _ in range(2):  # before TeX takes the & of the second decoding for its own
        if "&" in text:
            text = _ENTITY.sub(_character, text)
    if "<" in text:
        text = _TAG.sub(_untagged, _RAISED.sub(_script, text))
    return _plain(readable(text))


def _character(reference: re.Match[str]) -> str:
    name = reference[0][1:-1]
    if name[0] == "#":
        return html.unescape(reference[0])
    return _ISO_GREEK.get(name) or html5.get(f"{name};") or reference[0]


def _untagged(tag: re.Match[str]) -> str:
    return " " if tag["name"].lower() in _SPACED else ""


def _script(found: re.Match[str]) -> str:
    sign = "^" if found[1].lower() == "sup" else "_"
    return readable(f"${sign}{{{found[2]}}}$")
