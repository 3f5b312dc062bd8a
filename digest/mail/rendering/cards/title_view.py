"""Prepares the papers of which a message shows only the titles: lines, and briefs."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from msgspec import Struct

from digest.core.editions.shown import SharedEntry, ShownEntry
from digest.mail.rendering.cards.card_view import NO_EXCERPT, NO_REASON, Card
from digest.mail.rendering.cards.shared_card import RenderCache, SharedCard, TitleForm, shared_card
from digest.mail.rendering.wording import Wording


class Titles(Struct, frozen=True):
    """Some papers of which only the titles are shown, in the order in which they are shown."""

    first: int  # position of the first in the message, counted from 1
    entries: Sequence[ShownEntry]
    shared: Sequence[SharedCard]  # what is shown of each entry

    @property
    def words(self) -> int:
        """The number of words in the titles, for the reading time."""
        return sum([card.title_words for card in self.shared])

    def head(self, count: int) -> "Titles":
        """Returns at most so many of the first ones."""
        return Titles(self.first, self.entries[:count], self.shared[:count])

    @property
    def cards(self) -> list[Card]:
        """The papers, each by itself."""
        return [
            Card(number, shared, NO_EXCERPT, entry.score, NO_REASON, "", entry.paper_id)
            for number, (entry, shared) in enumerate(
                zip(self.entries, self.shared, strict=True), self.first
            )
        ]


NO_TITLES = Titles(0, (), ())


def build_titles(
    entries: Sequence[ShownEntry],
    words: Wording,
    *,
    first: int,
    form: TitleForm,
    today: date,
    cache: RenderCache,
) -> Titles:
    """Builds the lines of papers, or their titles alone.

    Args:
        entries: the papers; at least one. All are shared entries, or none is.
        words: the phrases.
        first: position of the first in the message, counted from 1.
        form: how much is shown.
        today: the day of the edition; dates in its year are shown without the year.
        cache: for the same language as `words`.
    """
    if not isinstance(entries[0], SharedEntry):
        shared = [shared_card(one, words, form, today=today, cache=cache) for one in entries]
        return Titles(first, entries, shared)
    # A message has a hundred of these, so they are looked up together.
    common = cast("Sequence[SharedEntry]", entries)
    known = cache.titles(form, today.year)
    found = list(map(known.get, common))
    if all(found):
        return Titles(first, entries, cast("list[SharedCard]", found))
    shared = [
        card or known.put(entry, shared_card(entry, words, form, today=today, cache=cache))
        for entry, card in zip(common, found, strict=True)
    ]
    return Titles(first, entries, shared)
