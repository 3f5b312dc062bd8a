"""What MJML would not understand of a template, without a word.

mjml-python reports errors of syntax only. Unknown tags, and tags in the wrong place, go into
the mail as they are, where no mail program knows them; unknown attributes are left out. Here
each tag and each attribute has to make a difference: the template is compiled again without
it, or with another value, and must come out differently.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate

from mjml import mjml2html

TAGS = frozenset(
    [
        "mjml",
        "mj-accordion",
        "mj-accordion-element",
        "mj-accordion-text",
        "mj-accordion-title",
        "mj-all",
        "mj-attributes",
        "mj-body",
        "mj-breakpoint",
        "mj-button",
        "mj-carousel",
        "mj-carousel-image",
        "mj-class",
        "mj-column",
        "mj-divider",
        "mj-font",
        "mj-group",
        "mj-head",
        "mj-hero",
        "mj-image",
        "mj-include",
        "mj-navbar",
        "mj-navbar-link",
        "mj-preview",
        "mj-raw",
        "mj-section",
        "mj-social",
        "mj-social-element",
        "mj-spacer",
        "mj-style",
        "mj-table",
        "mj-text",
        "mj-title",
        "mj-wrapper",
    ]
)
# What they hold is HTML or text, and passes as it is.
_ENDING = frozenset(
    [
        "mj-accordion-text",
        "mj-accordion-title",
        "mj-button",
        "mj-navbar-link",
        "mj-preview",
        "mj-raw",
        "mj-social-element",
        "mj-style",
        "mj-table",
        "mj-text",
        "mj-title",
    ]
)
# One of these changes what comes out, whatever kind of value an attribute takes.
_VALUES = ("zz-unlikely", "37px", "37%", "#12fe56", "right", "rtl", "middle", "full-width")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredMarkup:
    """Something without effect."""

    line: int  # counted from 1
    tag: str
    attribute: str | None  # None: the tag itself
    meant: str | None = None  # a tag with a similar name


def ignored_markup(source: str) -> list[IgnoredMarkup]:
    """What MJML does not understand in this template, from top to bottom.

    Raises:
        ValueError: it is no MJML at all.
    """
    whole = mjml2html(source, fonts={})
    found: list[IgnoredMarkup] = []
    for element in _Reader(source).elements():
        if element.name not in TAGS:
            near = difflib.get_close_matches(element.name, TAGS, n=1)
            found.append(
                IgnoredMarkup(
                    line=element.line,
                    tag=element.name,
                    attribute=None,
                    meant=near[0] if near else None,
                )
            )
        elif element.visible and _is_ignored(whole, element, _compiled(element.without(source))):
            found.append(IgnoredMarkup(line=element.line, tag=element.name, attribute=None))
        else:
            found += _attributes(source, whole, element)
    return found


@dataclass(slots=True, kw_only=True)
class _Element:
    name: str
    line: int
    start: int  # in the source
    tag: str  # the start tag as it is written
    parents: tuple[str, ...]
    end: int = field(default=0)

    @property
    def visible(self) -> bool:
        """Whether it must show: what stands in the head may be meant for others."""
        return "mj-body" in self.parents

    def without(self, source: str) -> str:
        return source[: self.start] + source[self.end :]


def _attributes(source: str, whole: str, element: _Element) -> Iterator[IgnoredMarkup]:
    if element.name == "mj-class":  # its attributes are for those that name it
        return
    for found in re.finditer(r"""\s([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""", element.tag):
        start, end = element.start + found.start(), element.start + found.end()
        bare = _compiled(source[:start] + source[end:])
        others = (f'{source[:start]} {found[1]}="{value}"{source[end:]}' for value in _VALUES)
        if whole == bare and all(_compiled(other) == bare for other in others):
            yield IgnoredMarkup(line=element.line, tag=element.name, attribute=found[1])


def _is_ignored(whole: str, element: _Element, without: str | None) -> bool:
    """Whether nothing comes out for it, or the tag itself: MJML has no use for it there."""
    itself = f"<{element.name}"
    return without == whole or (without or "").count(itself) < whole.count(itself)


def _compiled(source: str) -> str | None:
    try:
        return mjml2html(source, fonts={})
    except ValueError:  # such as a colour that is none: so the attribute is known
        return None


class _Reader(HTMLParser):
    """The template's own tags with their places; not those inside HTML."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._lines = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
        self._open: list[_Element] = []
        self._found: list[_Element] = []

    def elements(self) -> list[_Element]:
        self.feed(self._source)
        self.close()
        return self._found

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if self._inside_html():
            return
        element = self._element(tag)
        self._found.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        del attrs
        if not self._inside_html():
            self._found.append(self._element(tag))

    def handle_endtag(self, tag: str) -> None:
        if not any(element.name == tag for element in self._open):
            return
        if self._inside_html() and self._open[-1].name != tag:
            return
        while self._open:
            element = self._open.pop()
            element.end = self._source.find(">", self._place()) + 1
            if element.name == tag:
                return

    def _inside_html(self) -> bool:
        return bool(self._open) and self._open[-1].name in _ENDING

    def _element(self, tag: str) -> _Element:
        written = self.get_starttag_text() or ""
        return _Element(
            name=tag,
            line=self.getpos()[0],
            start=self._place(),
            tag=written,
            parents=tuple(element.name for element in self._open),
            end=self._place() + len(written),
        )

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
