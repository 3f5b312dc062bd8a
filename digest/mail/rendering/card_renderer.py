"""Cards in HTML and in text, and what is kept of them for further letters.

A card is its paper's own part around what is its reader's: the keywords that brought it here
and how well it matches (and in the text part, its number).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markupsafe import escape

from digest.mail.rendering.card_view import Card, SharedCard
from digest.mail.rendering.encoded_fragments import (
    AnyFragment,
    BoundedCache,
    Fragment,
    PlainFragment,
    fragment,
    joined,
)
from digest.mail.rendering.prerendered import SlottedTemplate, TemplateSlot, prerender
from digest.mail.rendering.template_engine import TemplateEngine, safe
from digest.mail.rendering.text_wrap import WIDTH, is_narrow, wrap
from digest.mail.rendering.wording import Wording

_LABEL = 4  # columns of a card's number in the text part
_INDENT = " " * _LABEL
_NO_LABEL = "\0" * _LABEL  # as wide as what takes its place
_EMPTY = fragment("")

WrittenCard = tuple[Sequence[AnyFragment], Sequence[AnyFragment]]
"""A card in HTML and in text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A half of the why-line, encoded once for all letters that say it."""

    html: Fragment
    text: Fragment
    columns: int  # in the text part; a whole line's where it may have to be wrapped


class CardRenderer:
    """Writes cards.

    Args:
        engine: has the templates.
        words: the language.
        most: how many cards' moulds are kept; 0: each card is rendered for its letter alone.
        own: the templates may be an operator's.

    Raises:
        jinja2.TemplateError: a template is wrong.
    """

    def __init__(self, engine: TemplateEngine, words: Wording, *, most: int, own: bool) -> None:
        self._card = engine.template("card.html")
        self._excerpt = engine.template("excerpt.html")
        self._why = engine.template("why.html")
        self._text = engine.template("card.txt")
        self._most = most
        self._own = own
        self._separator = words("part_separator")
        self._kept = BoundedCache[
            tuple[SharedCard, bool | None, bool], tuple[SlottedTemplate, ...] | Literal["no"]
        ](most)
        # Keywords recur with readers of like minds, the match is one of a hundred.
        self._keywords = lru_cache(maxsize=10_000)(self._first_half)
        self._match = lru_cache(maxsize=200)(_second_half)

    def written(self, card: Card) -> WrittenCard:
        """The card in HTML, and in text after a blank line."""
        sheet, reason = card.sheet, card.reason
        if not (self._most and sheet.lasting):
            return self._plain(card)
        key = (sheet, reason.rtl if reason.keywords else None, bool(card.match))
        moulds = self._kept.get(key) or self._kept.put(key, self._cast(card) or "no")
        if isinstance(moulds, str):
            return self._plain(card)
        values = self._values(card)
        html, text = moulds
        return html.filled(values), text.filled(values)

    def _plain(self, card: Card) -> WrittenCard:
        reason, match = card.reason, card.match
        line = wrap(self._line(card), _INDENT)
        html = self._html(card.sheet, reason.keywords, match, rtl=reason.rtl)
        text = self._plain_text(card.sheet, _label(card.number).text, line)
        return [PlainFragment(html)], [PlainFragment(text)]

    def _cast(self, card: Card) -> tuple[SlottedTemplate, ...] | None:
        sheet, reason = card.sheet, card.reason
        keywords = TemplateSlot("keywords", rtl=reason.rtl) if reason.keywords else ""
        match = TemplateSlot("match") if card.match else ""
        line = f"{TemplateSlot('first')}{TemplateSlot('second')}" if keywords or match else ""
        values = self._values(card)
        return prerender(
            lambda: (
                self._html(sheet, keywords, match, rtl=reason.rtl),
                self._plain_text(sheet, str(TemplateSlot("label")), line),
            ),
            lambda mould: mould.filled(values),
            (lambda: "".join(map(joined, self._plain(card)))) if self._own else None,
        )

    def _html(
        self,
        sheet: SharedCard,
        keywords: str | TemplateSlot,
        match: str | TemplateSlot,
        *,
        rtl: bool,
    ) -> str:
        why = ""
        if keywords or match:
            why = safe(self._why.render(keywords=keywords, rtl=rtl, match=match))
        excerpt = safe(self._excerpt.render(excerpt=sheet.excerpt)) if sheet.excerpt else ""
        html = self._card.render(paper=sheet.paper, short=sheet.short, excerpt=excerpt, why=why)
        return html + "\n"

    def _plain_text(self, sheet: SharedCard, label: str, why: str) -> str:
        text = self._text.render(
            paper=sheet.paper,
            short=sheet.short,
            label=_NO_LABEL,
            excerpt=wrap(sheet.excerpt, _INDENT) if sheet.excerpt else "",
            why=why,
        )
        return f"\n{text}".replace(f"\n{_NO_LABEL}", label)

    def _values(self, card: Card) -> dict[str, Fragment]:
        """What fills the holes of both parts."""
        first, second = self._keywords(card.reason.keywords), self._match(card.match)
        fits = card.match and first.columns + second.columns <= WIDTH
        return {
            "keywords": first.html,
            "match": second.html,
            "label": _label(card.number),
            "first": first.text if fits else fragment(wrap(self._line(card), _INDENT)),
            "second": second.text if fits else _EMPTY,
        }

    def _line(self, card: Card) -> str:
        """Why the card is here, in one."""
        return self._separator.join(filter(None, (card.reason.keywords, card.match)))

    def _first_half(self, keywords: str) -> _Said:
        line = keywords and keywords + self._separator
        fits = is_narrow(f"{line}.")
        return _Said(
            html=fragment(escape(keywords)),
            text=fragment(_INDENT + line),
            columns=len(_INDENT + line) if fits else WIDTH,
        )


def _second_half(match: str) -> _Said:
    return _Said(
        html=fragment(escape(match)),
        text=fragment(match),
        columns=len(match) if is_narrow(match) else WIDTH,
    )


@lru_cache(maxsize=200)
def _label(number: int) -> Fragment:
    """The number, as a card begins with it in the text part."""
    return fragment("\n" + f"{number}.".ljust(_LABEL))
