"""Renders cards in HTML and in plain text, and caches them for further messages.

Most of a card depends only on its paper. The matched keywords, the score and, in the text part,
the number depend on the reader. They are slots, which are filled for each message.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markupsafe import escape

from digest.mail.rendering.card_view import Card, Excerpt, Reason, SharedCard
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    EncodedText,
    Fragment,
    fragment,
    joined,
)
from digest.mail.rendering.prerendered import (
    PreparedTemplate,
    SlottedTemplate,
    TemplateSlot,
    prerender,
)
from digest.mail.rendering.template_engine import TemplateEngine, safe
from digest.mail.rendering.text_wrap import WIDTH, is_narrow, wrap
from digest.mail.rendering.wording import Wording

_LABEL = 4  # columns of a card's number in the text part
_INDENT = " " * _LABEL
_NO_LABEL = "\0" * _LABEL  # a placeholder as wide as the number that replaces it
_EMPTY = fragment("")
_SLOTS = ("excerpt", "keywords", "evidence", "match", "wrapped", "label", "first", "second")


@dataclass(frozen=True, slots=True)
class _ReasonPart:
    """The keywords and other evidence of a card's reason line, encoded for many messages."""

    keywords: Fragment  # in HTML
    evidence: Fragment  # in HTML
    text: Fragment
    columns: int  # in the text part; WIDTH if the line may have to be wrapped


@dataclass(frozen=True, slots=True)
class _MatchPart:
    """The score of a card's reason line, encoded for many messages."""

    html: Fragment
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
            tuple[SharedCard, bool | None, bool | None, bool, bool],
            tuple[PreparedTemplate, PreparedTemplate] | Literal["no"],
        ](max_cached)
        # Many readers have the same keywords, and there are only about a hundred scores.
        self._reason_parts = BoundedCache[Reason, _ReasonPart](5 * max_cached)
        self._excerpt_parts = BoundedCache[Excerpt, tuple[Fragment, Fragment]](5 * max_cached)
        self._match_part = lru_cache(maxsize=200)(_encode_match)

    def render(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        """Appends the card in HTML, and in text with a blank line before it.

        Args:
            card: the card.
            html: the HTML part.
            text: the text part.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        if not self._max_cached:
            return self._append_plain(card, html, text)
        _, shared, excerpt, _, reason, match = card
        key = (
            shared,
            excerpt.rtl if excerpt.text else None,
            reason.rtl if reason.keywords else None,
            bool(reason.evidence),
            bool(match),
        )
        templates = self._cache.get(key) or self._cache.put(key, self._prerender(card) or "no")
        if templates == "no":
            return self._append_plain(card, html, text)
        values = self._slot_values(card)
        templates[0].fill(values, html)
        return templates[1].fill(values, text)

    def _append_plain(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        card_html, card_text = self._render_plain(card)
        html.append(fragment(card_html))
        text.append(fragment(card_text))

    def _render_plain(self, card: Card) -> tuple[str, str]:
        shared, excerpt, reason = card.shared, card.excerpt.text, card.reason
        line = wrap(self._reason_line(card), _INDENT)
        html = self._render_html(
            shared, excerpt, reason.keywords, reason.evidence, card.match, rtl=reason.rtl
        )
        wrapped = wrap(excerpt, _INDENT) if excerpt else ""
        return html, self._render_text(shared, wrapped, _label(card.number).text, line)

    def _prerender(self, card: Card) -> tuple[PreparedTemplate, PreparedTemplate] | None:
        shared, excerpt, reason = card.shared, card.excerpt, card.reason
        excerpt_slot = TemplateSlot("excerpt", rtl=excerpt.rtl) if excerpt.text else ""
        keywords = TemplateSlot("keywords", rtl=reason.rtl) if reason.keywords else ""
        evidence = TemplateSlot("evidence") if reason.evidence else ""
        match = TemplateSlot("match") if card.match else ""
        any_reason = keywords or evidence or match
        wrapped = str(TemplateSlot("wrapped")) if excerpt.text else ""
        line = f"{TemplateSlot('first')}{TemplateSlot('second')}" if any_reason else ""
        values = dict(zip(_SLOTS, self._slot_values(card), strict=True))
        templates: tuple[SlottedTemplate, ...] | None = prerender(
            lambda: (
                self._render_html(shared, excerpt_slot, keywords, evidence, match, rtl=reason.rtl),
                self._render_text(shared, wrapped, str(TemplateSlot("label")), line),
            ),
            lambda template: template.fill(values),
            (lambda: "".join(self._render_plain(card))) if self._is_custom else None,
        )
        if templates is None:
            return None
        html, text = templates
        return html.prepared(_SLOTS), text.prepared(_SLOTS)

    def _render_html(
        self,
        shared: SharedCard,
        excerpt: str | TemplateSlot,
        keywords: str | TemplateSlot,
        evidence: str | TemplateSlot,
        match: str | TemplateSlot,
        *,
        rtl: bool,
    ) -> str:
        why = ""
        if keywords or evidence or match:
            why = safe(self._why.render(keywords=keywords, rtl=rtl, evidence=evidence, match=match))
        shown = safe(self._excerpt.render(excerpt=excerpt)) if excerpt else ""
        html = self._card.render(paper=shared.paper, short=shared.short, excerpt=shown, why=why)
        return html + "\n"

    def _render_text(self, shared: SharedCard, excerpt: str, label: str, why: str) -> str:
        text = self._text.render(
            paper=shared.paper, short=shared.short, label=_NO_LABEL, excerpt=excerpt, why=why
        )
        return f"\n{text}".replace(f"\n{_NO_LABEL}", label)

    def _slot_values(self, card: Card) -> tuple[Fragment, ...]:
        """Returns the fragments for the slots of both parts, in the order of `_SLOTS`."""
        number, _, excerpt, _, reason, match = card
        excerpts = self._excerpt_parts.get(excerpt)
        if excerpts is None:
            excerpts = _encode_excerpt(excerpt.text)
            if excerpt.is_cacheable:
                self._excerpt_parts.put(excerpt, excerpts)
        first = self._reason_parts.get(reason)
        if first is None:
            first = self._reason_parts.put(reason, self._encode_reason(reason))
        second = self._match_part(match)
        line, rest = first.text, second.text
        if not match or first.columns + second.columns > WIDTH:
            # The line is too long for its two parts: the first slot gets the whole wrapped line.
            line, rest = fragment(wrap(self._reason_line(card), _INDENT)), _EMPTY
        html, wrapped = excerpts
        return (
            *(html, first.keywords, first.evidence, second.html),
            *(wrapped, _label(number), line, rest),
        )

    def _reason_line(self, card: Card) -> str:
        """Returns the keywords, the other evidence and the score in one line."""
        reason = card.reason
        return self._separator.join(filter(None, (reason.keywords, reason.evidence, card.match)))

    def _encode_reason(self, reason: Reason) -> _ReasonPart:
        keywords, evidence = reason.keywords, reason.evidence
        line = _INDENT
        if keywords:
            line += keywords + self._separator
        if evidence:
            line += evidence + self._separator
        # The dot stands for the score that follows: a line must not end with a space.
        columns = len(line) if len(line) < WIDTH and is_narrow(f"{line}."[_LABEL:]) else WIDTH
        return _ReasonPart(
            fragment(escape(keywords)) if keywords else _EMPTY,
            fragment(escape(evidence)) if evidence else _EMPTY,
            fragment(line) if columns < WIDTH else _EMPTY,
            columns,
        )


def _encode_excerpt(text: str) -> tuple[Fragment, Fragment]:
    """Returns the excerpt in HTML and in text."""
    return (fragment(escape(text)), fragment(wrap(text, _INDENT))) if text else (_EMPTY, _EMPTY)


def _encode_match(match: str) -> _MatchPart:
    columns = len(match) if is_narrow(match) else WIDTH
    return _MatchPart(fragment(escape(match)), fragment(match), columns)


@lru_cache(maxsize=200)
def _label(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}.".ljust(_LABEL))
