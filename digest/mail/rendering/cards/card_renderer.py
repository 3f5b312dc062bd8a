"""Renders cards in HTML and in plain text, and caches them for further messages.

For lines see `title_renderer`.

Most of a card depends only on its paper. Topic, matched keywords, score, feedback links and, in the
text part, the number depend on the reader. They are slots, which are filled for each message.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from markupsafe import escape
from msgspec import Struct

from digest.mail.rendering.cards.card_view import Card
from digest.mail.rendering.cards.excerpt import bold_words
from digest.mail.rendering.cards.paper_forms import PaperForms, PaperTexts
from digest.mail.rendering.cards.reason_renderer import ReasonRenderer
from digest.mail.rendering.cards.shared_card import Excerpt, SharedCard
from digest.mail.rendering.cards.title_renderer import LABEL, NO_LABEL, label_of
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
    EncodedText,
    Fragment,
    fragment,
)
from digest.mail.rendering.feedback.rows import (
    NO_ROWS,
    FeedbackAddress,
    FeedbackRows,
)
from digest.mail.rendering.prerendered import (
    PreparedTemplate,
    TemplateSlot,
    prerender,
    slot_or_empty,
)
from digest.mail.rendering.sanitize import is_rtl
from digest.mail.rendering.template_engine import TemplateEngine, safe
from digest.mail.rendering.text_wrap import wrap
from digest.mail.rendering.wording import Wording

_INDENT = " " * LABEL
_EMPTY = fragment("")
_NO_TOPIC = (_EMPTY, _EMPTY, None)

_WHY = "why"
"""The slot of a card for the line with the reason, which is a template of its own."""

_CACHED_TOPICS = 10_000  # as many as `short_name` remembers
_REASON_FORMS = 4  # so many forms of reasons are usual for a paper

_HTML_SLOTS = ("excerpt", "topic", "reason", "feedback")
_TEXT_SLOTS = ("label", "wrapped", "why", "topic_line", "feedback_text")


_CardOutput = tuple[str, str]
"""What the templates of a card give in HTML and in text, with slots for what depends on the reader."""


class _CardTemplate(Struct, frozen=True, gc=False):
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
        self._reasons = ReasonRenderer(engine, words)
        self._feedback = FeedbackRows(engine)
        self._text = engine.template("card.txt")
        self._max_cached = max_cached
        self._is_custom = is_custom
        self._forms = PaperForms()
        self._words = words
        # "no": the card cannot be prerendered.
        self._cache = BoundedCache[tuple[object, ...], _CardTemplate | Literal["no"]](
            _REASON_FORMS * max_cached
        )
        self._outputs = BoundedCache[tuple[object, ...], _CardOutput](max_cached)
        # Readers see other words of the same excerpt in bold, but only in HTML.
        self._wrapped_excerpts = BoundedCache[str, Fragment](5 * max_cached)
        self._topic_part = lru_cache(maxsize=_CACHED_TOPICS)(self._encode_topic)

    def render(
        self,
        card: Card,
        html: EncodedText,
        text: EncodedText,
        feedback: FeedbackAddress | None = None,
    ) -> None:
        """Appends the card in HTML, and in text with a blank line before it.

        Args:
            card: the card.
            html: the HTML part.
            text: the text part.
            feedback: returns the address for feedback about a paper; None: no links.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        address = feedback(card.paper_id) if feedback else ""
        if not self._max_cached:
            return self._append_plain(card, html, text, address)
        rows = self._feedback.encoded(address) if address else NO_ROWS
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic
        topic_html, topic_text, topic_rtl = self._topic_part(topic) if topic else _NO_TOPIC
        # Templates may branch on the form of the texts.
        forms = (shared, excerpt.rtl if excerpt.text else None, topic_rtl, not address)
        key = (*forms, reason.form)
        template = self._cache.get(key)
        if template is None:
            template = self._cache.put(key, self._prerender(card, address, forms) or "no")
        if template == "no":
            return self._append_plain(card, html, text, address)
        encoded = excerpt.encoded
        if encoded is None:
            encoded = excerpt.encoded = self._encode_excerpt(excerpt)
        excerpt_html, excerpt_text = encoded
        encoded = reason.encoded
        if encoded is None:
            encoded = reason.encoded = self._reasons.encode(reason)
        why_html, why_text = encoded
        rows_html, rows_text = rows
        template.html.fill((excerpt_html, topic_html, why_html, rows_html), html)
        return template.text.fill(
            (label_of(card.number), excerpt_text, why_text, topic_text, rows_text), text
        )

    def _rows(self, address: str) -> tuple[Fragment, Fragment]:
        return self._feedback.rows(address) if address else NO_ROWS

    def _append_plain(self, card: Card, html: EncodedText, text: EncodedText, address: str) -> None:
        card_html, card_text = self._render_plain(card, address)
        html.append(fragment(card_html))
        text.append(fragment(card_text))

    def _render_plain(self, card: Card, address: str) -> tuple[str, str]:
        rows = self._rows(address)
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic
        html = self._render_html(
            shared,
            shared.paper,
            bold_words(excerpt.text, excerpt.bold),
            self._reasons.html(reason),
            topic=topic,
            feedback=safe(rows[0].text),
        )
        wrapped = wrap(excerpt.text, _INDENT) if excerpt.text else ""
        text = self._render_text(
            shared,
            shared.paper,
            wrapped,
            self._reasons.text(reason),
            topic=self._topic_line(topic),
            feedback=rows[1].text,
        )
        return html, text.replace(f"\n{NO_LABEL}", label_of(card.number).text)

    def _prerender(
        self, card: Card, address: str, forms: tuple[object, ...]
    ) -> _CardTemplate | None:
        excerpt, reason, topic = card.excerpt, card.reason, card.topic

        def render_slots() -> _CardOutput:
            # The form of the reason changes nothing but its own line.
            key = (*forms, bool(reason.line))
            output = self._outputs.get(key)
            if output is None:
                output = self._outputs.put(key, self._render_card_slots(card, address, key[1:]))
            if not reason.line:
                return output
            why = self._reasons.slotted(reason)
            html, text = output
            return html.replace(str(TemplateSlot(_WHY)), why), text

        def values() -> dict[str, Fragment]:
            rows = self._rows(address)
            why_html, why_text = self._reasons.encode(reason)
            excerpt_html, excerpt_text = self._encode_excerpt(excerpt)
            topic_html, topic_text, _ = self._topic_part(topic) if topic else _NO_TOPIC
            html = (excerpt_html, topic_html, why_html, rows[0])
            text = (label_of(card.number), excerpt_text, why_text, topic_text, rows[1])
            names, parts = (*_HTML_SLOTS, *_TEXT_SLOTS), (*html, *text)
            return dict(zip(names, parts, strict=True))

        return self._prepared(
            render_slots,
            values,
            lambda: "".join(self._render_plain(card, address)),
            html=_HTML_SLOTS,
            text=_TEXT_SLOTS,
        )

    def _prepared(
        self,
        render_slots: Callable[[], tuple[str, str]],
        values: Callable[[], Mapping[str, Fragment]],
        render_plain: Callable[[], str],
        *,
        html: Sequence[str],
        text: Sequence[str],
    ) -> _CardTemplate | None:
        """Returns a card with slots of these names; None if it must be rendered for each message."""
        templates = prerender(
            render_slots,
            lambda template: template.fill(values()),
            render_plain if self._is_custom else None,
        )
        if templates is None:
            return None
        return _CardTemplate(templates[0].prepared(html), templates[1].prepared(text))

    def _render_card_slots(
        self, card: Card, address: str, forms: tuple[object, ...]
    ) -> _CardOutput:
        shared, excerpt, reason, topic = card.shared, card.excerpt, card.reason, card.topic

        def html(paper: PaperTexts) -> str:
            return self._render_html(
                shared,
                paper,
                slot_or_empty("excerpt", excerpt.text, rtl=excerpt.rtl),
                slot_or_empty(_WHY, reason.line),
                topic=slot_or_empty("topic", topic, rtl=is_rtl(topic)),
                feedback=slot_or_empty("feedback", address),
            )

        def text(paper: PaperTexts) -> str:
            return self._render_text(
                shared,
                paper,
                str(slot_or_empty("wrapped", excerpt.text)),
                str(slot_or_empty("why", reason.line)),
                topic=str(slot_or_empty("topic_line", topic)),
                feedback=str(slot_or_empty("feedback_text", address)),
            )

        if self._is_custom or shared.figure:
            output = html(shared.paper), text(shared.paper)
        else:
            output = self._forms.render(shared.paper, html, text, shared.form == "card", *forms)
        label = str(TemplateSlot("label"))
        return output[0], output[1].replace(f"\n{NO_LABEL}", label)

    def _render_html(
        self,
        shared: SharedCard,
        paper: PaperTexts,
        excerpt: str | TemplateSlot,
        why: str | TemplateSlot,
        *,
        topic: str | TemplateSlot,
        feedback: str | TemplateSlot,
    ) -> str:
        shown = ""
        if excerpt:
            shown = safe(self._excerpt.render(excerpt=excerpt, summary_by=paper.summary_by))
        html = self._card.render(
            paper=paper,
            short=shared.form == "card",
            figure=shared.figure,
            excerpt=shown,
            why=safe(why) if isinstance(why, str) else why,
            topic=topic,
            feedback=feedback,
        )
        return html + "\n"

    def _render_text(
        self,
        shared: SharedCard,
        paper: PaperTexts,
        excerpt: str,
        why: str,
        *,
        topic: str,
        feedback: str,
    ) -> str:
        """Returns the card in text, with `NO_LABEL` in place of its number."""
        text = self._text.render(
            paper=paper,
            short=shared.form == "card",
            label=NO_LABEL,
            excerpt=excerpt,
            why=why,
            topic=topic,
            feedback=feedback,
        )
        return f"\n{text}"

    def _encode_excerpt(self, excerpt: Excerpt) -> tuple[Fragment, Fragment]:
        """Returns the excerpt in HTML and in text."""
        if not excerpt.text:
            return _EMPTY, _EMPTY
        wrapped = self._wrapped_excerpts.get(excerpt.text)
        if wrapped is None:
            wrapped = fragment(wrap(excerpt.text, _INDENT))
            if excerpt.is_cacheable:
                self._wrapped_excerpts.put(excerpt.text, wrapped)
        return fragment(bold_words(excerpt.text, excerpt.bold)), wrapped

    def _topic_line(self, topic: str) -> str:
        return wrap(self._words.once("in_topic", topic=topic), _INDENT) if topic else ""

    def _encode_topic(self, topic: str) -> tuple[Fragment, Fragment, bool]:
        """Returns the topic of a pick in HTML and in text, and whether it runs from right to left."""
        return fragment(escape(topic)), fragment(self._topic_line(topic)), is_rtl(topic)
