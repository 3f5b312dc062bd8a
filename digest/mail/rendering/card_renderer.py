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
)
from digest.mail.rendering.prerendered import (
    PreparedTemplate,
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


@dataclass(frozen=True, slots=True)
class _CardTemplate:
    """A prerendered card: the HTML before and after the reason, and the text."""

    before: PreparedTemplate
    after: PreparedTemplate | None  # None: the operator's template shows no reason
    text: PreparedTemplate


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
        # "no": the card, or the line of the reason, cannot be prerendered.
        self._cache = BoundedCache[
            tuple[SharedCard, bool | None, bool], _CardTemplate | Literal["no"]
        ](max_cached)
        self._why_cache: dict[tuple[bool | None, bool, bool], PreparedTemplate | Literal["no"]] = {}
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
        number, shared, excerpt, _, reason, match = card
        has_why = bool(reason.keywords or reason.evidence or match)
        key = (shared, excerpt.rtl if excerpt.text else None, has_why)
        template = self._cache.get(key) or self._cache.put(key, self._prerender(card) or "no")
        why = self._why_template(reason, match) if has_why else None
        if template == "no" or why == "no":
            return self._append_plain(card, html, text)
        first, second = self._reason_part(reason), self._match_part(match)
        excerpt_html, excerpt_text = self._excerpt_part(excerpt)
        template.before.fill((excerpt_html,), html)
        if template.after is not None:
            if why is not None:
                why.fill((first.keywords, first.evidence, second.html), html)
            template.after.fill((excerpt_html,), html)
        start, rest = first.text, second.text
        if has_why and (not match or first.columns + second.columns > WIDTH):
            # The line is too long for its two parts: the first slot gets the whole wrapped line.
            start, rest = fragment(wrap(self._reason_line(card), _INDENT)), _EMPTY
        return template.text.fill((_label(number), excerpt_text, start, rest), text)

    def _append_plain(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        card_html, card_text = self._render_plain(card)
        html.append(fragment(card_html))
        text.append(fragment(card_text))

    def _render_plain(self, card: Card) -> tuple[str, str]:
        shared, excerpt = card.shared, card.excerpt.text
        line = wrap(self._reason_line(card), _INDENT)
        html = self._render_html(shared, excerpt, self._render_why(card.reason, card.match))
        wrapped = wrap(excerpt, _INDENT) if excerpt else ""
        return html, self._render_text(shared, _label(card.number).text, wrapped, line)

    def _prerender(self, card: Card) -> _CardTemplate | None:
        shared, excerpt, reason = card.shared, card.excerpt, card.reason
        has_why = bool(reason.keywords or reason.evidence or card.match)
        excerpt_slot = TemplateSlot("excerpt", rtl=excerpt.rtl) if excerpt.text else ""
        wrapped = str(TemplateSlot("wrapped")) if excerpt.text else ""
        why = TemplateSlot("why") if has_why else ""
        line = f"{TemplateSlot('first')}{TemplateSlot('second')}" if has_why else ""
        excerpt_html, excerpt_text = _encode_excerpt(excerpt.text)
        values = {
            "excerpt": excerpt_html,
            "why": fragment(self._render_why(reason, card.match)),
            "label": _label(card.number),
            "wrapped": excerpt_text,
            "first": fragment(wrap(self._reason_line(card), _INDENT)),
            "second": _EMPTY,
        }
        templates = prerender(
            lambda: (
                self._render_html(shared, excerpt_slot, why),
                self._render_text(shared, str(TemplateSlot("label")), wrapped, line),
            ),
            lambda template: template.fill(values),
            (lambda: "".join(self._render_plain(card))) if self._is_custom else None,
        )
        if templates is None:
            return None
        html, text = templates
        parts = html.split("why")
        if len(parts) > 2:
            return None
        return _CardTemplate(
            before=parts[0].prepared(["excerpt"]),
            after=parts[1].prepared(["excerpt"]) if len(parts) == 2 else None,
            text=text.prepared(["label", "wrapped", "first", "second"]),
        )

    def _why_template(self, reason: Reason, match: str) -> PreparedTemplate | Literal["no"]:
        """Returns the line of the reason in HTML, with slots; there are only a few forms of it."""
        key = (reason.rtl if reason.keywords else None, bool(reason.evidence), bool(match))
        template = self._why_cache.get(key)
        if template is None:
            template = self._why_cache[key] = self._prerender_why(reason, match) or "no"
        return template

    def _prerender_why(self, reason: Reason, match: str) -> PreparedTemplate | None:
        keywords = TemplateSlot("keywords", rtl=reason.rtl) if reason.keywords else ""
        evidence = TemplateSlot("evidence") if reason.evidence else ""
        match_slot = TemplateSlot("match") if match else ""
        values = {
            "keywords": fragment(escape(reason.keywords)),
            "evidence": fragment(escape(reason.evidence)),
            "match": fragment(escape(match)),
        }
        templates = prerender(
            lambda: [
                self._why.render(
                    keywords=keywords, rtl=reason.rtl, evidence=evidence, match=match_slot
                )
            ],
            lambda template: template.fill(values),
            (lambda: self._render_why(reason, match)) if self._is_custom else None,
        )
        return templates[0].prepared(["keywords", "evidence", "match"]) if templates else None

    def _render_why(self, reason: Reason, match: str) -> str:
        if not (reason.keywords or reason.evidence or match):
            return ""
        return self._why.render(
            keywords=reason.keywords, rtl=reason.rtl, evidence=reason.evidence, match=match
        )

    def _render_html(
        self, shared: SharedCard, excerpt: str | TemplateSlot, why: str | TemplateSlot
    ) -> str:
        shown = safe(self._excerpt.render(excerpt=excerpt)) if excerpt else ""
        html = self._card.render(
            paper=shared.paper,
            short=shared.short,
            excerpt=shown,
            why=safe(why) if isinstance(why, str) else why,
        )
        return html + "\n"

    def _render_text(self, shared: SharedCard, label: str, excerpt: str, why: str) -> str:
        text = self._text.render(
            paper=shared.paper, short=shared.short, label=_NO_LABEL, excerpt=excerpt, why=why
        )
        return f"\n{text}".replace(f"\n{_NO_LABEL}", label)

    def _excerpt_part(self, excerpt: Excerpt) -> tuple[Fragment, Fragment]:
        part = self._excerpt_parts.get(excerpt)
        if part is None:
            part = _encode_excerpt(excerpt.text)
            if excerpt.is_cacheable:
                self._excerpt_parts.put(excerpt, part)
        return part

    def _reason_part(self, reason: Reason) -> _ReasonPart:
        part = self._reason_parts.get(reason)
        return part or self._reason_parts.put(reason, self._encode_reason(reason))

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
