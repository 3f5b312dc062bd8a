"""Finds tags and attributes of a template that MJML ignores without an error.

mjml-python reports syntax errors only. It copies unknown and misplaced tags to the output, where
mail programs ignore them, and drops unknown attributes. This module compiles the template again
without each tag, and with another value of each attribute. If the output stays the same, MJML
ignores the tag or attribute.
"""

import difflib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import accumulate

from mjml import mjml2html
from msgspec import Struct, field

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
# The content of these tags is HTML or text, which MJML does not parse.
_CONTENT_TAGS = frozenset(
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
# For every kind of attribute, at least one of these values changes the output.
_TEST_VALUES = ("zz-unlikely", "37px", "37%", "#12fe56", "right", "rtl", "middle", "full-width")


class IgnoredMarkup(Struct, frozen=True, kw_only=True):
    """A tag or attribute without effect."""

    line: int  # counted from 1
    tag: str
    attribute: str | None  # None: the tag itself
    meant: str | None = None  # a known tag with a similar name


def ignored_markup(source: str) -> list[IgnoredMarkup]:
    """Returns the tags and attributes that MJML ignores, from top to bottom.

    Args:
        source: the template.

    Raises:
        ValueError: the source is not valid MJML.
    """
    # Without `fonts={}`, MJML adds a link to Google Fonts.
    output = mjml2html(source, fonts={})
    ignored: list[IgnoredMarkup] = []
    for element in _TagParser(source).elements():
        if element.name not in TAGS:
            similar = difflib.get_close_matches(element.name, TAGS, n=1)
            ignored.append(
                IgnoredMarkup(
                    line=element.line,
                    tag=element.name,
                    attribute=None,
                    meant=similar[0] if similar else None,
                )
            )
        elif element.visible and _is_ignored(output, element, _compile(element.without(source))):
            ignored.append(IgnoredMarkup(line=element.line, tag=element.name, attribute=None))
        else:
            ignored += _ignored_attributes(source, output, element)
    return ignored


class _Element(Struct, kw_only=True):
    name: str
    line: int
    start: int  # position in the source
    tag: str  # the start tag as written
    parents: tuple[str, ...]  # their names, from the outermost
    end: int = field(default=0)  # position after the end tag

    @property
    def visible(self) -> bool:
        """Whether it must change the output; tags in the head may apply to no tag of the body."""
        return "mj-body" in self.parents

    def without(self, source: str) -> str:
        return source[: self.start] + source[self.end :]


def _ignored_attributes(source: str, output: str, element: _Element) -> Iterator[IgnoredMarkup]:
    # Its attributes have an effect only where the class is used.
    if element.name == "mj-class":
        return
    for match in re.finditer(r"""\s([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""", element.tag):
        start, end = element.start + match.start(), element.start + match.end()
        without = _compile(source[:start] + source[end:])
        changed = (f'{source[:start]} {match[1]}="{value}"{source[end:]}' for value in _TEST_VALUES)
        if output == without and all(_compile(variant) == without for variant in changed):
            yield IgnoredMarkup(line=element.line, tag=element.name, attribute=match[1])


def _is_ignored(output: str, element: _Element, without: str | None) -> bool:
    """Whether the element adds nothing to the output, or MJML copies its tag unchanged.

    Args:
        output: the compiled template.
        element: the element.
        without: the compiled template without the element.
    """
    copied_tag = f"<{element.name}"
    return without == output or (without or "").count(copied_tag) < output.count(copied_tag)


def _compile(source: str) -> str | None:
    try:
        return mjml2html(source, fonts={})
    except ValueError:  # such as a value that is not a colour; the attribute is then known
        return None


class _TagParser(HTMLParser):
    """Collects the MJML tags with their positions, but not the HTML inside them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._line_starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
        self._open: list[_Element] = []
        self._elements: list[_Element] = []

    def elements(self) -> list[_Element]:
        self.feed(self._source)
        self.close()
        return self._elements

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if self._is_inside_html():
            return
        element = self._new_element(tag)
        self._elements.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        del attrs
        if not self._is_inside_html():
            self._elements.append(self._new_element(tag))

    def handle_endtag(self, tag: str) -> None:
        if not any(element.name == tag for element in self._open):
            return
        # Within HTML, only the end of the surrounding MJML tag counts.
        if self._is_inside_html() and self._open[-1].name != tag:
            return
        # Also closes elements whose end tags are missing.
        while self._open:
            element = self._open.pop()
            element.end = self._source.find(">", self._position()) + 1
            if element.name == tag:
                return

    def _is_inside_html(self) -> bool:
        return bool(self._open) and self._open[-1].name in _CONTENT_TAGS

    def _new_element(self, tag: str) -> _Element:
        start_tag = self.get_starttag_text() or ""
        return _Element(
            name=tag,
            line=self.getpos()[0],
            start=self._position(),
            tag=start_tag,
            parents=tuple(element.name for element in self._open),
            end=self._position() + len(start_tag),
        )

    def _position(self) -> int:
        line, column = self.getpos()
        return self._line_starts[line - 1] + column
