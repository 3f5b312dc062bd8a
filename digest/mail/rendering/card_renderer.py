"""Renders cards in HTML and in plain text, and caches them for further messages.

Most of a card depends only on its paper. The topic, the matched keywords, the score and, in the
text part, the number depend on the reader. They are slots, which are filled for each message.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from digest.core.editions.matched_words import Spans
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
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.template_engine import TemplateEngine, safe
from digest.mail.rendering.text_wrap import WIDTH, is_narrow, wrap
from digest.mail.rendering.wording import Wording

_LABEL = 4  # columns of a card's number in the text part
_INDENT = " " * _LABEL
_NO_LABEL = "\0" * _LABEL  # a placeholder as wide as the number that replaces it
_EMPTY = fragment("")
_NO_TOPIC = (_EMPTY, _EMPTY, None)
_BOLD = Markup("<b>{}</b>")


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
        self._line = engine.template("line.html")
        self._text = engine.template("card.txt")
        self._text_line = engine.template("line.txt")
        self._max_cached = max_cached
        self._is_custom = is_custom
        self._separator = words("part_separator")
        self._why_word = words("why_word")
        self._words = words
        # "no": the card, or the line of the reason, cannot be prerendered.
        self._cache = BoundedCache[
            tuple[SharedCard, bool | None, bool, bool | None], _CardTemplate | Literal["no"]
        ](max_cached)
        self._lines = BoundedCache[SharedCard, tuple[Fragment, Fragment]](max_cached)
        self._why_cache: dict[tuple[bool | None, bool, bool], PreparedTemplate | Literal["no"]] = {}
        # Many readers have the same keywords, and scores have only a few meanings.
        self._reason_parts = BoundedCache[Reason, _ReasonPart](5 * max_cached)
        self._excerpt_parts = BoundedCache[Excerpt, tuple[Fragment, Fragment]](5 * max_cached)
        self._match_part = lru_cache(maxsize=200)(_encode_match)
        self._topic_part = lru_cache(maxsize=1000)(self._encode_topic)

    def render(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        """Appends the card in HTML, and in text with a blank line before it.

        Args:
            card: the card.
            html: the HTML part.
            text: the text part.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        if card.shared.form == "line":
            return self._append_line(card, html, text)
        if not self._max_cached:
            return self._append_plain(card, html, text)
        number, shared, excerpt, _, reason, match, topic = card
        has_why = bool(reason.keywords or reason.evidence or match)
        topic_html, topic_text, topic_rtl = self._topic_part(topic) if topic else _NO_TOPIC
        key = (shared, excerpt.rtl if excerpt.text else None, has_why, topic_rtl)
        template = self._cache.get(key) or self._cache.put(key, self._prerender(card) or "no")
        why = self._why_template(reason, match) if has_why else None
        if template == "no" or why == "no":
            return self._append_plain(card, html, text)
        first, second = self._reason_part(reason), self._match_part(match)
        excerpt_html, excerpt_text = self._excerpt_part(excerpt)
        values = (excerpt_html, topic_html)
        template.before.fill(values, html)
        if template.after is not None:
            if why is not None:
                why.fill((first.keywords, first.evidence, second.html), html)
            template.after.fill(values, html)
        start, rest = first.text, second.text
        if has_why and (not match or first.columns + second.columns > WIDTH):
            # The line is too long for its two parts: the first slot gets the whole wrapped line.
            start, rest = fragment(wrap(self._reason_line(card), _INDENT)), _EMPTY
        return template.text.fill((_label(number), excerpt_text, start, rest, topic_text), text)

    def _append_line(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        parts = self._lines.get(card.shared)
        if parts is None:
            parts = self._lines.put(card.shared, self._render_line(card.shared))
        html.append(parts[0])
        text.append(_label(card.number))
        text.append(parts[1])

    def _render_line(self, shared: SharedCard) -> tuple[Fragment, Fragment]:
        html = self._line.render(paper=shared.paper)
        text = self._text_line.render(paper=shared.paper, label=_NO_LABEL)
        # The number comes first, and belongs to the message.
        return fragment(f"{html}\n"), fragment(text.removeprefix(_NO_LABEL) + "\n")

    def _append_plain(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        card_html, card_text = self._render_plain(card)
        html.append(fragment(card_html))
        text.append(fragment(card_text))

    def _render_plain(self, card: Card) -> tuple[str, str]:
        shared, excerpt, topic = card.shared, card.excerpt, card.topic
        line = wrap(self._reason_line(card), _INDENT)
        html = self._render_html(
            shared, _marked(excerpt), self._render_why(card.reason, card.match), topic
        )
        wrapped = wrap(excerpt.text, _INDENT) if excerpt.text else ""
        text = self._render_text(
            shared, _label(card.number).text, wrapped, line, self._topic_line(topic)
        )
        return html, text

    def _prerender(self, card: Card) -> _CardTemplate | None:
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic
        has_why = bool(reason.keywords or reason.evidence or card.match)
        excerpt_slot = TemplateSlot("excerpt", rtl=excerpt.rtl) if excerpt.text else ""
        wrapped = str(TemplateSlot("wrapped")) if excerpt.text else ""
        why = TemplateSlot("why") if has_why else ""
        line = f"{TemplateSlot('first')}{TemplateSlot('second')}" if has_why else ""
        topic_slot = TemplateSlot("topic", rtl=is_rtl(topic)) if topic else ""
        topic_line = str(TemplateSlot("topic_line")) if topic else ""
        excerpt_html, excerpt_text = _encode_excerpt(excerpt)
        topic_html, topic_text, _ = self._topic_part(topic) if topic else _NO_TOPIC
        values = {
            "excerpt": excerpt_html,
            "why": fragment(self._render_why(reason, card.match)),
            "label": _label(card.number),
            "wrapped": excerpt_text,
            "first": fragment(wrap(self._reason_line(card), _INDENT)),
            "second": _EMPTY,
            "topic": topic_html,
            "topic_line": topic_text,
        }
        templates = prerender(
            lambda: (
                self._render_html(shared, excerpt_slot, why, topic_slot),
                self._render_text(shared, str(TemplateSlot("label")), wrapped, line, topic_line),
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
        names = ["excerpt", "topic"]
        return _CardTemplate(
            before=parts[0].prepared(names),
            after=parts[1].prepared(names) if len(parts) == 2 else None,
            text=text.prepared(["label", "wrapped", "first", "second", "topic_line"]),
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
        self,
        shared: SharedCard,
        excerpt: str | TemplateSlot,
        why: str | TemplateSlot,
        topic: str | TemplateSlot,
    ) -> str:
        shown = ""
        if excerpt:
            shown = safe(self._excerpt.render(excerpt=excerpt, summary_by=shared.paper.summary_by))
        html = self._card.render(
            paper=shared.paper,
            short=shared.form == "card",
            figure=shared.figure,
            excerpt=shown,
            why=safe(why) if isinstance(why, str) else why,
            topic=topic,
        )
        return html + "\n"

    def _render_text(
        self, shared: SharedCard, label: str, excerpt: str, why: str, topic: str
    ) -> str:
        text = self._text.render(
            paper=shared.paper,
            short=shared.form == "card",
            label=_NO_LABEL,
            excerpt=excerpt,
            why=why,
            topic=topic,
        )
        return f"\n{text}".replace(f"\n{_NO_LABEL}", label)

    def _excerpt_part(self, excerpt: Excerpt) -> tuple[Fragment, Fragment]:
        part = self._excerpt_parts.get(excerpt)
        if part is None:
            part = _encode_excerpt(excerpt)
            if excerpt.is_cacheable:
                self._excerpt_parts.put(excerpt, part)
        return part

    def _topic_line(self, topic: str) -> str:
        return wrap(self._words("in_topic", topic=topic), _INDENT) if topic else ""

    def _encode_topic(self, topic: str) -> tuple[Fragment, Fragment, bool]:
        """Returns the topic of a pick in HTML and in text, and whether it runs from right to left."""
        return fragment(escape(topic)), fragment(self._topic_line(topic)), is_rtl(topic)

    def _reason_part(self, reason: Reason) -> _ReasonPart:
        part = self._reason_parts.get(reason)
        return part or self._reason_parts.put(reason, self._encode_reason(reason))

    def _reason_line(self, card: Card) -> str:
        """Returns the keywords, the other evidence and the score in one line."""
        reason = card.reason
        line = self._separator.join(filter(None, (reason.keywords, reason.evidence, card.match)))
        return f"{self._why_word} {line}" if line else ""

    def _encode_reason(self, reason: Reason) -> _ReasonPart:
        keywords, evidence = reason.keywords, reason.evidence
        line = f"{_INDENT}{self._why_word} "
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


def _encode_excerpt(excerpt: Excerpt) -> tuple[Fragment, Fragment]:
    """Returns the excerpt in HTML and in text."""
    if not excerpt.text:
        return _EMPTY, _EMPTY
    return fragment(_marked(excerpt)), fragment(wrap(excerpt.text, _INDENT))


def _marked(excerpt: Excerpt) -> Markup:
    """Returns the excerpt in HTML, with the matched words in bold."""
    return _bold(excerpt.text, excerpt.bold)


def _bold(text: str, spans: Spans) -> Markup:
    # Each piece is escaped by itself, so that no place of a word falls into an escape.
    html, last = Markup(), 0
    for start, end in spans:
        html += escape(text[last:start]) + _BOLD.format(text[start:end])
        last = end
    return html + escape(text[last:])


def _encode_match(match: str) -> _MatchPart:
    columns = len(match) if is_narrow(match) else WIDTH
    return _MatchPart(fragment(escape(match)), fragment(match), columns)


@lru_cache(maxsize=200)
def _label(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}.".ljust(_LABEL))
