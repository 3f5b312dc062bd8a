"""Prepares the sections of a message: their headings, and the papers below them."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from digest.core.editions.hierarchy import LaidOutSection, Layout
from digest.core.editions.shown import ShownEntry
from digest.core.models.profiles import Detail
from digest.mail.rendering.cards.card_view import Card, build_card
from digest.mail.rendering.cards.shared_card import CardForm, RenderCache, SharedCard, TitleForm
from digest.mail.rendering.cards.title_view import NO_TITLES, Titles, build_titles
from digest.mail.rendering.sanitize import clean, clip, is_rtl
from digest.mail.rendering.wording import Wording

_MAX_NAME = 80  # characters of a topic or a list
_MAX_TITLES = 3  # the subject has the first, the preheader the others

SectionForm = Literal["cards", "lines", "brief"]
"""Cards may have lines below them; "lines" is a topic without cards beside others that have some;
"brief" are titles alone."""


class SectionView(Struct, frozen=True, kw_only=True):
    """A section: a heading, its cards and its lines."""

    heading: str
    rtl: bool  # the heading runs from right to left
    full: Sequence[Card]  # with what a paper says
    titles: Titles  # these come after the cards
    form: SectionForm = "cards"

    @property
    def cards(self) -> tuple[Card, ...]:
        """All papers, each by itself; operators' templates use the name."""
        return (*self.full, *self.titles.cards)

    @property
    def size(self) -> int:
        """The number of papers."""
        return len(self.full) + len(self.titles.shared)

    @property
    def words(self) -> int:
        """The number of words in titles and excerpts, for the reading time."""
        return sum([card.words for card in self.full]) + self.titles.words


class SectionBuilder:
    """Builds the sections of one message, and remembers the titles of the best papers."""

    def __init__(
        self,
        layout: Layout,
        words: Wording,
        *,
        weekly: bool,
        detail: Detail,
        today: date,
        pictures: bool,
        cache: RenderCache,
    ) -> None:
        self._layout = layout
        self._words = words
        self._weekly = weekly
        self._is_detailed = detail is Detail.FULL
        self._today = today
        self._first_form: CardForm = "first" if pictures and cache.figures is not None else "pick"
        self._cache = cache
        self._number = 0
        self._best = {id(entry): place for place, entry in enumerate(layout.best[:_MAX_TITLES])}
        self.titles = [""] * len(self._best)

    def build(self) -> tuple[SectionView, ...]:
        """Returns the sections."""
        layout, words = self._layout, self._words
        sections: list[SectionView] = []
        if layout.picks:
            heading = words("picks_week" if self._weekly else "picks")
            cards = [
                self._card(entry, "pick", "" if layout.has_one_topic else short_name(topic))
                for topic, entry in layout.picks
            ]
            sections.append(_section_view(heading, cards))
        card_form: CardForm = "pick" if layout.is_full else "card"
        for heading, form, section in _below_picks(layout, words, weekly=self._weekly):
            if form == "brief":
                cards, titles = [], self._titles(section.briefs, "brief")
            else:
                cards = [self._card(entry, card_form) for entry in section.cards]
                titles = self._titles(section.lines, "line")
            if cards or titles.shared:
                sections.append(_section_view(heading, cards, titles, form=form))
        return tuple(sections)

    def _card(self, entry: ShownEntry, form: CardForm, topic: str = "") -> Card:
        self._number += 1
        card = build_card(
            entry,
            self._words,
            number=self._number,
            form=self._first_form if self._number == 1 and form == "pick" else form,
            detailed=self._is_detailed,
            topic=topic,
            today=self._today,
            cache=self._cache,
        )
        if form == "pick":  # as the best papers are
            self._find_title(entry, card.shared)
        return card

    def _titles(self, entries: Sequence[ShownEntry], form: TitleForm) -> Titles:
        if not entries:
            return NO_TITLES
        first = self._number + 1
        self._number += len(entries)
        titles = build_titles(
            entries, self._words, first=first, form=form, today=self._today, cache=self._cache
        )
        # The best papers are never titles alone, and if some are picked out, they are among these.
        if form == "line" and not self._layout.picks:
            for entry, shared in zip(entries, titles.shared, strict=True):
                self._find_title(entry, shared)
        return titles

    def _find_title(self, entry: ShownEntry, shared: SharedCard) -> None:
        place = self._best.get(id(entry))
        if place is not None:
            self.titles[place] = shared.paper.title


def _section_view(
    heading: str, cards: list[Card], titles: Titles = NO_TITLES, form: SectionForm = "cards"
) -> SectionView:
    return SectionView(heading=heading, rtl=is_rtl(heading), full=cards, titles=titles, form=form)


def _below_picks(
    layout: Layout, words: Wording, *, weekly: bool
) -> Iterator[tuple[str, SectionForm, LaidOutSection]]:
    """Yields the heading and the form of each section, and what it shows."""
    for section in layout.sections:
        if layout.picks and layout.has_one_topic:
            yield words("rest"), "cards", section
        else:
            is_dense = layout.picks and not section.cards
            yield short_name(section.topic), "lines" if is_dense else "cards", section
    for key, group in (
        ("surplus", layout.surplus),
        ("updates", layout.updates),
        ("trending", layout.trending),
        ("also_week" if weekly else "also", layout.others),
    ):
        if group:
            yield words(key), "cards", group
            if group.briefs:
                yield words("surplus_rest", n=len(group.briefs)), "brief", group


@lru_cache(maxsize=10_000)  # many messages have the same topics and list names
def short_name(text: str) -> str:
    """Returns the name of a topic or a list as it is shown."""
    return clip(clean(text), _MAX_NAME)
