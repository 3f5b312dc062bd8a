"""Renders papers of which only the title is shown, and caches them for further messages.

Only the number in the text part differs between messages, so each is encoded once as a whole.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from digest.mail.rendering.cards.card_view import Card, SharedCard
from digest.mail.rendering.encoded_fragments import (
    BoundedCache,
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


class _TitleTemplate(NamedTuple):
    """A prerendered line or title."""

    html: Fragment
    text: Fragment  # what follows the number


class TitleRenderer:
    """Renders lines, and titles in a paragraph.

    Args:
        engine: loads the templates.
        max_cached: how many prerendered ones are cached; 0: each is rendered for its message.
        is_custom: the templates may be an operator's.

    Raises:
        jinja2.TemplateError: a template is not valid.
    """

    def __init__(self, engine: TemplateEngine, *, max_cached: int, is_custom: bool) -> None:
        self._html = {form: engine.template(f"{form}.html") for form in ("line", "brief")}
        self._text = engine.template("line.txt")
        self._max_cached = max_cached
        self._is_custom = is_custom
        # "no": it cannot be prerendered.
        self._templates = BoundedCache[SharedCard, _TitleTemplate | Literal["no"]](max_cached)

    def render(
        self, cards: Sequence[Card], html: EncodedText, text: EncodedText, sizes: list[int]
    ) -> None:
        """Appends papers in HTML, and in text with their numbers.

        Args:
            cards: all of them lines or titles.
            html: the HTML part.
            text: the text part.
            sizes: the sizes in HTML are appended, in bytes.

        Raises:
            jinja2.TemplateError: an operator's template is not valid.
        """
        find = self._templates.get
        # A message has a hundred of these, so the loop is flat.
        for card in cards:
            template = find(card.shared) or self._new_template(card)
            if template == "no":
                card_html, card_text = map(fragment, self._render_plain(card))
                html.append(card_html)
                text.append(card_text)
                sizes.append(card_html.size)
                continue
            shown, rest = template
            label = label_of(card.number)
            html.pieces.append(shown.encoded)
            html.size += shown.size
            text.pieces += (label.encoded, rest.encoded)
            text.size += label.size + rest.size
            sizes.append(shown.size)

    def _new_template(self, card: Card) -> _TitleTemplate | Literal["no"]:
        if not self._max_cached:
            return "no"
        return self._templates.put(card.shared, self._prerender(card) or "no")

    def _prerender(self, card: Card) -> _TitleTemplate | None:
        templates = prerender(
            lambda: self._render(card.shared, str(TemplateSlot("label"))),
            lambda template: template.fill({"label": label_of(card.number)}),
            (lambda: "".join(self._render_plain(card))) if self._is_custom else None,
        )
        if templates is None:
            return None
        html, text = templates
        if html.slots or text.slots != ((0, "label"),):
            return None  # an operator's template has more before the number, or no number
        return _TitleTemplate(joined_fragment(html.fragments), joined_fragment(text.fragments[1:]))

    def _render_plain(self, card: Card) -> tuple[str, str]:
        return self._render(card.shared, label_of(card.number).text)

    def _render(self, shared: SharedCard, label: str) -> tuple[str, str]:
        html = self._html[shared.form].render(paper=shared.paper)
        text = self._text.render(paper=shared.paper, label=NO_LABEL)
        return f"{html}\n", f"\n{text}\n".replace(f"\n{NO_LABEL}", label, 1)


@lru_cache(maxsize=200)
def label_of(number: int) -> Fragment:
    """Returns the number at the start of a card in the text part."""
    return fragment("\n" + f"{number}.".ljust(LABEL))
