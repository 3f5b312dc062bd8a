"""Decides which papers of a message are shown in full, which as cards and which as lines.

An edition stores only what it shows and why, so this is decided when its message is written.
"""

from collections.abc import Sequence

from msgspec import Struct

from digest.core.editions.shown import ShownEdition, ShownEntry
from digest.core.models.profiles import Detail

PICKS, WEEKLY_PICKS = 3, 5
"""How many papers are picked out of all topics, in a daily and in a weekly digest."""

MIN_PAPERS_FOR_PICKS = 5
"""With fewer papers, all are shown in full in their topics."""

CARDS = 5
"""How many more papers of a daily digest are shown as cards; the others are lines."""

CARDS_BESIDE_SURPLUS = 3
"""The same on a day with more papers than the reader wants: the message stays as short."""

SURPLUS_LINES = 5
"""How many papers beyond the reader's limit are lines; the others are briefs: titles alone."""

LONE_CARDS = 3
"""How many other papers are shown as cards on a day on which nothing matched."""

TRENDING_VOTES = 10
"""A paper with fewer votes is not called trending."""


class LaidOutSection(Struct, frozen=True):
    """The papers below a heading."""

    topic: str
    total: int  # of the topic, with those that are picked out
    cards: Sequence[ShownEntry] = ()
    lines: Sequence[ShownEntry] = ()
    briefs: Sequence[ShownEntry] = ()  # titles alone, in smaller letters


class Layout(Struct, frozen=True, kw_only=True):
    """The papers of a message in the order in which they are shown."""

    picks: Sequence[tuple[str, ShownEntry]]  # topic and paper, the best first
    sections: Sequence[LaidOutSection]  # the topic with the best paper first
    surplus: LaidOutSection | None  # papers that matched beyond the reader's limit, by their titles
    updates: LaidOutSection | None  # papers that the reader has, and of which there is news
    trending: LaidOutSection | None  # popular papers outside the topics
    others: LaidOutSection | None  # the same, without enough votes to be called so
    best: Sequence[ShownEntry]  # the best papers of all topics, else the first others

    @property
    def is_full(self) -> bool:
        """Whether the cards of the sections are shown in full, as there are only a few."""
        return not self.picks

    @property
    def has_one_topic(self) -> bool:
        """Whether all papers are of one topic, so that no heading needs to name it again."""
        return len(self.sections) == 1


def lay_out(
    edition: ShownEdition, *, weekly: bool = False, detail: Detail = Detail.SHORT
) -> Layout:
    """Returns the papers in the order and form in which a message shows them.

    Args:
        edition: the papers.
        weekly: the edition covers a week: its five best papers are shown in full, the others as
            lines.
        detail: how much the reader wants; TITLES: lines only, FULL: no lines.
    """
    given = [(topic, entry) for topic, entries in edition.sections for entry in entries]
    scores = [entry.score or 0.0 for _, entry in given]
    places = sorted(range(len(given)), key=scores.__getitem__, reverse=True)
    ranked = [given[place] for place in places]
    cards = CARDS_BESIDE_SURPLUS if edition.surplus else CARDS
    picked, carded = _shares(len(ranked), weekly=weekly, detail=detail, cards=cards)
    shown_as_cards = 0 if ranked or detail is Detail.TITLES else LONE_CARDS
    popular = [entry for entry in edition.trending if (entry.votes or 0) >= TRENDING_VOTES]
    others = [entry for entry in edition.trending if (entry.votes or 0) < TRENDING_VOTES]
    return Layout(
        picks=ranked[:picked],
        sections=_sections(ranked, picked=picked, carded=carded),
        surplus=_surplus(edition.surplus),
        updates=_section(edition.updates, cards=0),
        trending=_section(popular, cards=shown_as_cards),
        others=_section(others, cards=max(0, shown_as_cards - len(popular))),
        best=[entry for _, entry in ranked] or edition.trending,
    )


def _shares(count: int, *, weekly: bool, detail: Detail, cards: int) -> tuple[int, int]:
    """Returns how many papers are picked out, and how many of the others become cards."""
    if detail is Detail.TITLES:
        return 0, 0
    if count < MIN_PAPERS_FOR_PICKS:
        return 0, count
    picked = WEEKLY_PICKS if weekly else PICKS
    if detail is Detail.FULL:
        return picked, count
    return picked, 0 if weekly else cards


def _sections(
    ranked: Sequence[tuple[str, ShownEntry]], *, picked: int, carded: int
) -> list[LaidOutSection]:
    """Returns the topics in the order of their best papers, with what is not picked out."""
    counts = dict.fromkeys([topic for topic, _ in ranked], 0)
    cards: dict[str, list[ShownEntry]] = {}
    rest: dict[str, list[ShownEntry]] = {}
    for topic, _ in ranked[:picked]:
        counts[topic] += 1
    for topic, entry in ranked[picked:]:
        if topic in rest:
            rest[topic].append(entry)
        else:
            rest[topic] = [entry]
    # First the best of each topic, then the best of the others.
    for topic, entries in rest.items():
        if carded > 0:
            cards[topic] = [entries[0]]
            carded -= 1
    for topic, entry in ranked[picked:]:
        if carded <= 0:
            break
        if entry is not cards[topic][0]:
            cards[topic].append(entry)
            carded -= 1
    sections = []
    for topic, count in counts.items():
        entries, shown = rest.get(topic, []), cards.get(topic, [])
        total = count + len(entries)
        sections.append(LaidOutSection(topic, total, shown, entries[len(shown) :]))
    return sections


def _surplus(entries: Sequence[ShownEntry]) -> LaidOutSection | None:
    if not entries:
        return None
    lines, briefs = entries[:SURPLUS_LINES], entries[SURPLUS_LINES:]
    return LaidOutSection("", len(entries), lines=lines, briefs=briefs)


def _section(entries: Sequence[ShownEntry], *, cards: int) -> LaidOutSection | None:
    if not entries:
        return None
    return LaidOutSection("", len(entries), entries[:cards], entries[cards:])
