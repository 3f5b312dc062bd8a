"""Renders cards in HTML and in plain text, and caches them for further messages.

Most of a card depends only on its paper. The matched keywords, the score and, in the text part,
the number depend on the reader. They are slots, which are filled for each message.
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
_NO_LABEL = "\0" * _LABEL  # a placeholder as wide as the number that replaces it
_EMPTY = fragment("")

RenderedCard = tuple[Sequence[AnyFragment], Sequence[AnyFragment]]
"""A card in HTML and in text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReasonPart:
    """The keywords or the score of a card's reason line, encoded once for many messages."""

    html: Fragment
    evidence: Fragment  # in HTML
    text: Fragment
    columns: int  # in the text part; WIDTH if the line may have to be wrapped


class CardRenderer:
    """Renders cards.

    Args:
        engine: loads the templates.
        words: the phrases.
        max_cached: how many prerendered cards are cached; 0: each card is rendered for its
            message.
        is_custom: the templates may be an operator's.

    Raises:
        jinja2.TemplateError: a template is not valid.
    """

    def __init__(
        self, engine: TemplateEngine, words: Wording, *, max_cached: int, is_custom: bool
    ) -> None:
        self._card = engine.template("card.html")
        self._excerpt = engine.template("excerpt.html")
        self._why = engine.template("why.html")
        self._text = engine.template("card.txt")
        self._max_cached = max_cached
        self._is_custom = is_custom
        self._separator = words("part_separator")
        # "no": the card cannot be prerendered.
        self._cache = BoundedCache[
            tuple[SharedCard, bool | None, bool, bool], tuple[SlottedTemplate, ...] | Literal["no"]
        ](max_cached)
        # Many readers have the same keywords, and there are only about a hundred scores.
        self._keywords_part = lru_cache(maxsize=10_000)(self._encode_keywords)
        self._match_part = lru_cache(maxsize=200)(_encode_match)

    def render(self, card: Card) -> RenderedCard:
        """Returns the card in HTML, and in text with a blank line before it.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        shared, reason = card.shared, card.reason
        if not (self._max_cached and shared.is_cacheable):
            return self._render_plain(card)
        rtl = reason.rtl if reason.keywords else None
        key = (shared, rtl, bool(reason.evidence), bool(card.match))
        templates = self._cache.get(key) or self._cache.put(key, self._prerender(card) or "no")
        if isinstance(templates, str):
            return self._render_plain(card)
        values = self._slot_values(card)
        html, text = templates
        return html.fill(values), text.fill(values)

    def _render_plain(self, card: Card) -> RenderedCard:
        reason, match = card.reason, card.match
        line = wrap(self._reason_line(card), _INDENT)
        html = self._render_html(
            card.shared, reason.keywords, reason.evidence, match, rtl=reason.rtl
        )
        text = self._render_text(card.shared, _label(card.number).text, line)
        return [PlainFragment(html)], [PlainFragment(text)]

    def _prerender(self, card: Card) -> tuple[SlottedTemplate, ...] | None:
        shared, reason = card.shared, card.reason
        keywords = TemplateSlot("keywords", rtl=reason.rtl) if reason.keywords else ""
        evidence = TemplateSlot("evidence") if reason.evidence else ""
        match = TemplateSlot("match") if card.match else ""
        any_reason = keywords or evidence or match
        line = f"{TemplateSlot('first')}{TemplateSlot('second')}" if any_reason else ""
        values = self._slot_values(card)
        return prerender(
            lambda: (
                self._render_html(shared, keywords, evidence, match, rtl=reason.rtl),
                self._render_text(shared, str(TemplateSlot("label")), line),
            ),
            lambda template: template.fill(values),
            (lambda: "".join(map(joined, self._render_plain(card)))) if self._is_custom else None,
        )

    def _render_html(
        self,
        shared: SharedCard,
        keywords: str | TemplateSlot,
        evidence: str | TemplateSlot,
        match: str | TemplateSlot,
        *,
        rtl: bool,
    ) -> str:
        why = ""
        if keywords or evidence or match:
            why = safe(self._why.render(keywords=keywords, rtl=rtl, evidence=evidence, match=match))
        excerpt = safe(self._excerpt.render(excerpt=shared.excerpt)) if shared.excerpt else ""
        html = self._card.render(paper=shared.paper, short=shared.short, excerpt=excerpt, why=why)
        return html + "\n"

    def _render_text(self, shared: SharedCard, label: str, why: str) -> str:
        text = self._text.render(
            paper=shared.paper,
            short=shared.short,
            label=_NO_LABEL,
            excerpt=wrap(shared.excerpt, _INDENT) if shared.excerpt else "",
            why=why,
        )
        return f"\n{text}".replace(f"\n{_NO_LABEL}", label)

    def _slot_values(self, card: Card) -> dict[str, Fragment]:
        """Returns the fragments for the slots of both parts."""
        first = self._keywords_part(card.reason.keywords, card.reason.evidence)
        second = self._match_part(card.match)
        fits = card.match and first.columns + second.columns <= WIDTH
        return {
            "keywords": first.html,
            "evidence": first.evidence,
            "match": second.html,
            "label": _label(card.number),
            # If the line is too long for its two parts, `first` is the whole wrapped line.
            "first": first.text if fits else fragment(wrap(self._reason_line(card), _INDENT)),
            "second": second.text if fits else _EMPTY,
        }

    def _reason_line(self, card: Card) -> str:
        """Returns the keywords, the other evidence and the score in one line."""
        reason = card.reason
        return self._separator.join(filter(None, (reason.keywords, reason.evidence, card.match)))

    def _encode_keywords(self, keywords: str, evidence: str) -> _ReasonPart:
        line = "".join(part + self._separator for part in (keywords, evidence) if part)
        fits = is_narrow(f"{line}.")
        return _ReasonPart(
            html=fragment(escape(keywords)),
            evidence=fragment(escape(evidence)),
            text=fragment(_INDENT + line),
            columns=len(_INDENT + line) if fits else WIDTH,
        )


def _encode_match(match: str) -> _ReasonPart:
    return _ReasonPart(
        html=fragment(escape(match)),
        evidence=_EMPTY,
        text=fragment(match),
        columns=len(match) if is_narrow(match) else WIDTH,
    )


@lru_cache(maxsize=200)
def _label(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}.".ljust(_LABEL))
