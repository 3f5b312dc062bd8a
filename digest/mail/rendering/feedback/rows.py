"""Renders the links for feedback below a paper: once, with the place of the address left open."""

import re
from collections.abc import Callable

from msgspec import Struct

from digest.mail.rendering.encoded_fragments import SOFT_BREAK, Fragment, fragment
from digest.mail.rendering.prerendered import TemplateSlot, parse_slots
from digest.mail.rendering.template_engine import TemplateEngine

FeedbackAddress = Callable[[int], str]
"""Returns the address for feedback about the paper with an id, without what is said about it."""

Rows = tuple[Fragment, Fragment]
"""The links of a paper, in HTML and in text."""

NO_ROWS = (fragment(""), fragment(""))

# One line that is the same in HTML and in quoted-printable.
_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9:/._-]{1,75}").fullmatch


class _RowParts(Struct, frozen=True):
    """A row before, between and after the places of the address."""

    encoded: tuple[bytes, ...]
    size: int  # of the texts in UTF-8, in bytes
    places: int  # how often it has the address


class FeedbackRows:
    """The links for feedback.

    Args:
        engine: loads the templates.

    Raises:
        jinja2.TemplateError: a template is not valid.
    """

    def __init__(self, engine: TemplateEngine) -> None:
        self._html = engine.template("feedback.html")
        self._text = engine.template("feedback.txt")
        self._parts = self._prerendered()

    def encoded(self, address: str) -> Rows:
        """Returns the links of a paper for a card that is encoded; their texts may be left out.

        Args:
            address: what comes before `/more`, `/less` and `/saved`.
        """
        if self._parts is None or not _NEEDS_NO_ENCODING(address):
            return self.rows(address)
        html, text = self._parts
        size, quoted = len(address), address.encode("ascii") + SOFT_BREAK
        # Joining is several times quicker than filling slots, and a message has many of these rows.
        return (
            Fragment("", quoted.join(html.encoded), html.size + html.places * size),
            Fragment("", quoted.join(text.encoded), text.size + text.places * size),
        )

    def rows(self, address: str) -> Rows:
        """Returns the links of a paper, as `encoded` does, with their texts."""
        html, text = self._render(address)
        return fragment(html), fragment(text)

    def _prerendered(self) -> tuple[_RowParts, _RowParts] | None:
        """Returns the rows without the address; None if a template changes the address."""
        try:
            html, text = self._render(TemplateSlot("address"))
            return _parts(html), _parts(text)
        except (TypeError, ValueError):
            return None

    def _render(self, address: str | TemplateSlot) -> tuple[str, str]:
        return (
            self._html.render(address=address),
            self._text.render(address=address).rstrip("\n"),
        )


def _parts(text: str) -> _RowParts:
    pieces = parse_slots(text).split("address")
    fragments = [fragment("".join(part.text for part in piece.fragments)) for piece in pieces]
    return _RowParts(
        tuple(part.encoded for part in fragments),
        sum(part.size for part in fragments),
        len(fragments) - 1,
    )
