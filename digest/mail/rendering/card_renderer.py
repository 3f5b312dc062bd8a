"""Renders cards in HTML and in plain text, and caches them for further messages.

Most of a card depends only on its paper. The topic, the matched keywords, the score and, in the
text part, the number depend on the reader. They are slots, which are filled for each message.
"""

from functools import lru_cache
from typing import Literal, NamedTuple

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
    SlottedTemplate,
    TemplateSlot,
    prerender,
)
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.template_engine import TemplateEngine, safe
from digest.mail.rendering.text_wrap import wrap
from digest.mail.rendering.wording import Wording

_LABEL = 4  # columns of a card's number in the text part
_INDENT = " " * _LABEL
_NO_LABEL = "\0" * _LABEL  # a placeholder as wide as the number that replaces it
_EMPTY = fragment("")
_NO_TOPIC = (_EMPTY, _EMPTY, None)

_WHY = "why"
"""The slot of a card for the line with the reason, which is a template of its own."""

_REASON_FORMS = 4  # so many forms of reasons are usual for a paper
_MOST_REASON_FORMS = 12  # of all papers

_HTML_SLOTS = ("excerpt", "topic", "keywords", "evidence", "match")
_TEXT_SLOTS = ("label", "wrapped", "why", "topic_line")


class _ReasonPart(NamedTuple):
    """A card's reason line, encoded for many messages."""

    keywords: Fragment  # in HTML
    evidence: Fragment  # in HTML
    match: Fragment  # in HTML
    text: Fragment  # the whole line


class _CardOutput(NamedTuple):
    """What the templates of a card give, with slots for what depends on the reader."""

    html: str
    text: str


class _CardTemplate(NamedTuple):
    """A prerendered card."""

    html: PreparedTemplate
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
        self._titles = {form: engine.template(f"{form}.html") for form in ("line", "brief")}
        self._text = engine.template("card.txt")
        self._text_line = engine.template("line.txt")
        self._max_cached = max_cached
        self._is_custom = is_custom
        self._why_word = words("why_word")
        self._words = words
        # "no": the card cannot be prerendered.
        self._cache = BoundedCache[tuple[object, ...], _CardTemplate | Literal["no"]](
            _REASON_FORMS * max_cached
        )
        self._outputs = BoundedCache[tuple[object, ...], _CardOutput](max_cached)
        self._why_outputs = BoundedCache[tuple[object, ...], str](_MOST_REASON_FORMS)
        self._lines = BoundedCache[SharedCard, tuple[Fragment, Fragment]](max_cached)
        # Many readers have the same keywords, and scores have only a few meanings.
        self._reason_parts = BoundedCache[Reason, _ReasonPart](5 * max_cached)
        self._excerpt_parts = BoundedCache[Excerpt, tuple[Fragment, Fragment]](5 * max_cached)
        # Readers see other words of the same excerpt in bold, but only in HTML.
        self._wrapped_excerpts = BoundedCache[str, Fragment](5 * max_cached)
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
        if card.shared.form in self._titles:
            return self._append_line(card, html, text)
        if not self._max_cached:
            return self._append_plain(card, html, text)
        number, shared, excerpt, _, reason, topic = card
        topic_html, topic_text, topic_rtl = self._topic_part(topic) if topic else _NO_TOPIC
        # Templates may branch on the form of the texts.
        key = (shared, excerpt.rtl if excerpt.text else None, reason.form, topic_rtl)
        template = self._cache.get(key)
        if template is None:
            template = self._cache.put(key, self._prerender(card, topic_rtl=topic_rtl) or "no")
        if template == "no":
            return self._append_plain(card, html, text)
        why = self._reason_parts.get(reason)
        if why is None:
            why = self._reason_parts.put(reason, self._encode_reason(reason))
        excerpt_html, excerpt_text = self._excerpt_part(excerpt)
        template.html.fill((excerpt_html, topic_html, why.keywords, why.evidence, why.match), html)
        return template.text.fill((_label(number), excerpt_text, why.text, topic_text), text)

    def _append_line(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        parts = self._lines.get(card.shared)
        if parts is None:
            parts = self._lines.put(card.shared, self._render_line(card.shared))
        line, rest = parts
        html.pieces.append(line.encoded)
        html.size += line.size
        label = _label(card.number)
        text.pieces += (label.encoded, rest.encoded)
        text.size += label.size + rest.size

    def _render_line(self, shared: SharedCard) -> tuple[Fragment, Fragment]:
        html = self._titles[shared.form].render(paper=shared.paper)
        text = self._text_line.render(paper=shared.paper, label=_NO_LABEL)
        # The number comes first, and belongs to the message.
        return fragment(f"{html}\n"), fragment(text.removeprefix(_NO_LABEL) + "\n")

    def _append_plain(self, card: Card, html: EncodedText, text: EncodedText) -> None:
        card_html, card_text = self._render_plain(card)
        html.append(fragment(card_html))
        text.append(fragment(card_text))

    def _render_plain(self, card: Card) -> tuple[str, str]:
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic
        why = self._render_why(reason.keywords, reason.evidence, reason.match, reason)
        html = self._render_html(shared, _marked(excerpt), why, topic)
        wrapped = wrap(excerpt.text, _INDENT) if excerpt.text else ""
        text = self._render_text(
            shared,
            _label(card.number).text,
            wrapped,
            self._reason_line(reason),
            self._topic_line(topic),
        )
        return html, text

    def _prerender(self, card: Card, *, topic_rtl: bool | None) -> _CardTemplate | None:
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic

        def render_slots() -> _CardOutput:
            # The form of the reason changes nothing but its own line.
            key = (shared, excerpt.rtl if excerpt.text else None, bool(reason.line), topic_rtl)
            output = self._outputs.get(key) or self._outputs.put(key, self._render_card_slots(card))
            if not reason.line:
                return output
            why = self._why_outputs.get(reason.form)
            if why is None:
                why = self._why_outputs.put(reason.form, self._render_why_slots(reason))
            return output._replace(html=output.html.replace(str(TemplateSlot(_WHY)), why))

        def fill(template: SlottedTemplate) -> list[Fragment]:
            why = self._encode_reason(reason)
            excerpt_html, excerpt_text = self._encode_excerpt(excerpt)
            topic_html, topic_text, _ = self._topic_part(topic) if topic else _NO_TOPIC
            html = (excerpt_html, topic_html, *why[:3])
            text = (_label(card.number), excerpt_text, why.text, topic_text)
            names, values = (*_HTML_SLOTS, *_TEXT_SLOTS), (*html, *text)
            return template.fill(dict(zip(names, values, strict=True)))

        templates = prerender(
            render_slots,
            fill,
            (lambda: "".join(self._render_plain(card))) if self._is_custom else None,
        )
        if templates is None:
            return None
        html, text = templates
        return _CardTemplate(html.prepared(_HTML_SLOTS), text.prepared(_TEXT_SLOTS))

    def _render_card_slots(self, card: Card) -> _CardOutput:
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic
        return _CardOutput(
            self._render_html(
                shared,
                _slot("excerpt", excerpt.text, rtl=excerpt.rtl),
                _slot(_WHY, reason.line),
                _slot("topic", topic, rtl=is_rtl(topic)),
            ),
            self._render_text(
                shared,
                str(TemplateSlot("label")),
                str(_slot("wrapped", excerpt.text)),
                str(_slot("why", reason.line)),
                str(_slot("topic_line", topic)),
            ),
        )

    def _render_why_slots(self, reason: Reason) -> str:
        return self._render_why(
            _slot("keywords", reason.keywords, rtl=reason.rtl),
            _slot("evidence", reason.evidence),
            _slot("match", reason.match),
            reason,
        )

    def _render_why(
        self,
        keywords: str | TemplateSlot,
        evidence: str | TemplateSlot,
        match: str | TemplateSlot,
        reason: Reason,
    ) -> str:
        if not reason.line:
            return ""
        return self._why.render(keywords=keywords, rtl=reason.rtl, evidence=evidence, match=match)

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
            part = self._encode_excerpt(excerpt)
            if excerpt.is_cacheable:
                self._excerpt_parts.put(excerpt, part)
        return part

    def _encode_excerpt(self, excerpt: Excerpt) -> tuple[Fragment, Fragment]:
        """Returns the excerpt in HTML and in text."""
        if not excerpt.text:
            return _EMPTY, _EMPTY
        wrapped = self._wrapped_excerpts.get(excerpt.text)
        if wrapped is None:
            wrapped = fragment(wrap(excerpt.text, _INDENT))
            if excerpt.is_cacheable:
                self._wrapped_excerpts.put(excerpt.text, wrapped)
        return fragment(_marked(excerpt)), wrapped

    def _topic_line(self, topic: str) -> str:
        return wrap(self._words("in_topic", topic=topic), _INDENT) if topic else ""

    def _encode_topic(self, topic: str) -> tuple[Fragment, Fragment, bool]:
        """Returns the topic of a pick in HTML and in text, and whether it runs from right to left."""
        return fragment(escape(topic)), fragment(self._topic_line(topic)), is_rtl(topic)

    def _reason_line(self, reason: Reason) -> str:
        return wrap(f"{self._why_word} {reason.line}", _INDENT) if reason.line else ""

    def _encode_reason(self, reason: Reason) -> _ReasonPart:
        return _ReasonPart(
            fragment(escape(reason.keywords)),
            fragment(escape(reason.evidence)),
            fragment(escape(reason.match)),
            fragment(self._reason_line(reason)),
        )


def _slot(name: str, text: str, *, rtl: bool = False) -> str | TemplateSlot:
    """Returns a slot for a text; an empty text stays, as templates leave out what is around it."""
    return TemplateSlot(name, rtl=rtl) if text else ""


def _marked(excerpt: Excerpt) -> Markup:
    """Returns the excerpt in HTML, with the matched words in bold."""
    return _bold(excerpt.text, excerpt.bold)


def _bold(text: str, spans: Spans) -> Markup:
    # Each piece is escaped by itself, so that no place of a word falls into an escape.
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        pieces += (escape(text[last:start]), "<b>", escape(text[start:end]), "</b>")
        last = end
    pieces.append(escape(text[last:]))
    return safe("".join(pieces))


@lru_cache(maxsize=200)
def _label(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}.".ljust(_LABEL))
