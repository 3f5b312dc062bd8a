"""Renders papers of which only the title is shown, and caches them for further messages.

Only the number in the text part differs between messages, so each is encoded once as a whole.
"""

from functools import lru_cache
from typing import cast

from digest.mail.rendering.cards.paper_forms import PaperForms, PaperTexts
from digest.mail.rendering.cards.shared_card import EncodedTitle, SharedCard
from digest.mail.rendering.cards.title_view import Titles
from digest.mail.rendering.encoded_fragments import (
    EncodedText,
    Fragment,
    fragment,
    joined_fragment,
)
from digest.mail.rendering.prerendered import TemplateSlot, prerender
from digest.mail.rendering.template_engine import TemplateEngine

LABEL = 4
"""Columns of a card's number in the text part."""

NO_LABEL = "\0" * LABEL
"""A placeholder as wide as the number that replaces it."""


class TitleRenderer:
    """Renders lines, and briefs.

    Args:
        engine: loads the templates.
        prerenders: each is rendered once, and kept with its card; False: for each message.
        is_custom: the templates may be an operator's.

    Raises:
        jinja2.TemplateError: a template is not valid.
    """

    def __init__(self, engine: TemplateEngine, *, prerenders: bool, is_custom: bool) -> None:
        self._html = {form: engine.template(f"{form}.html") for form in ("line", "brief")}
        self._text = engine.template("line.txt")
        self._forms = PaperForms()
        self._prerenders = prerenders
        self._is_custom = is_custom

    def render(
        self, titles: Titles, html: EncodedText, text: EncodedText, sizes: list[int]
    ) -> None:
        """Appends papers in HTML, and in text with their numbers.

        Args:
            titles: the papers.
            html: the HTML part.
            text: the text part.
            sizes: the sizes in HTML are appended, in bytes.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        if not titles.shared:
            return
        # A message has a hundred of these, so they are appended together.
        known = [card.encoded for card in titles.shared]
        if not all(known):
            self._append_each(titles, html, text, sizes)
            return
        encoded, html_sizes, texts, text_sizes = zip(
            *cast("list[EncodedTitle]", known), strict=True
        )
        html.pieces += encoded
        html.size += sum(html_sizes)
        sizes += html_sizes
        labels, labels_size = _labels(titles.first, len(encoded))
        numbered = [*labels, *labels]
        numbered[::2], numbered[1::2] = labels, texts
        text.pieces += numbered
        text.size += labels_size + sum(text_sizes)

    def _append_each(
        self, titles: Titles, html: EncodedText, text: EncodedText, sizes: list[int]
    ) -> None:
        for number, card in enumerate(titles.shared, titles.first):
            title = card.encoded
            if title is None and self._prerenders:
                title = card.encoded = self._prerender(card, number) or ()
            if title:
                label = label_of(number)
                html.pieces.append(title.html)
                html.size += title.html_size
                text.pieces += (label.encoded, title.text)
                text.size += label.size + title.text_size
                sizes.append(title.html_size)
            else:
                card_html, card_text = map(fragment, self._render_plain(card, number))
                html.append(card_html)
                text.append(card_text)
                sizes.append(card_html.size)

    def _prerender(self, card: SharedCard, number: int) -> EncodedTitle | None:
        templates = prerender(
            lambda: self._render_slots(card),
            lambda template: template.fill({"label": label_of(number)}),
            (lambda: "".join(self._render_plain(card, number))) if self._is_custom else None,
        )
        if templates is None:
            return None
        html, text = templates
        if html.slots or text.slots != ((0, "label"),):
            return None  # an operator's template has more before the number, or no number
        shown, rest = joined_fragment(html.fragments), joined_fragment(text.fragments[1:])
        return EncodedTitle(shown.encoded, shown.size, rest.encoded, rest.size)

    def _render_plain(self, card: SharedCard, number: int) -> tuple[str, str]:
        html, text = self._render_html(card, card.paper), self._render_text(card.paper)
        return html, _labelled(text, label_of(number).text)

    def _render_slots(self, card: SharedCard) -> tuple[str, str]:
        paper = card.paper
        if self._is_custom:
            html, text = self._render_html(card, paper), self._render_text(paper)
        else:
            html, text = self._forms.render(
                paper, lambda texts: self._render_html(card, texts), self._render_text, card.form
            )
        return html, _labelled(text, str(TemplateSlot("label")))

    def _render_html(self, card: SharedCard, paper: PaperTexts) -> str:
        return f"{self._html[card.form].render(paper=paper)}\n"

    def _render_text(self, paper: PaperTexts) -> str:
        return f"\n{self._text.render(paper=paper, label=NO_LABEL)}\n"


def _labelled(text: str, label: str) -> str:
    return text.replace(f"\n{NO_LABEL}", label, 1)


@lru_cache(maxsize=200)
def label_of(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}. ".ljust(LABEL))


@lru_cache(maxsize=2000)
def _labels(first: int, count: int) -> tuple[tuple[bytes, ...], int]:
    """Returns so many numbers in their encoded forms, and the size of their texts."""
    labels = [label_of(number) for number in range(first, first + count)]
    return tuple(label.encoded for label in labels), sum(label.size for label in labels)
