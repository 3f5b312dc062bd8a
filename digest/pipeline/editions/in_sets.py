"""Composes the editions of many subscriptions at once, with the results of `one_by_one`.

Ranking and selection work on arrays; only papers that are shown are looked at one by one. Readers
with the same profile who have seen the same papers share one edition.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.batch_selection import (
    RowMatches,
    SeenPapers,
    matches_of_rows,
    select_shown,
    trending_papers,
    without_seen,
)
from digest.core.editions.day_papers import DayPapers
from digest.core.editions.paper_sentences import sentences_of
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Profile
from digest.core.profiles.learned import has_author, muted_names
from digest.pipeline.editions.day import PaperGroup
from digest.pipeline.editions.prepared import PreparedEdition
from digest.pipeline.publishing.due import DueProfile

Array = Any


def compose_many(
    group: PaperGroup, items: Sequence[DueProfile], seen: Mapping[int, Sequence[int]]
) -> list[PreparedEdition]:
    """Composes the editions of some subscriptions.

    Args:
        group: The papers.
        items: The subscriptions, with what was learned from their readers.
        seen: The ids of the papers that their editions have shown, by subscription.
    """
    numbers: dict[int, int] = {}  # of profiles, by their identity
    profiles: list[Profile] = []
    rows: dict[tuple[int, tuple[int, ...]], int] = {}  # by profile, and places of seen papers
    row_of_item: list[int] = []
    places = _Places(group.papers)
    for item in items:
        number = numbers.setdefault(id(item.profile), len(profiles))
        if number == len(profiles):
            profiles.append(item.profile)
        known = seen.get(item.subscription.subscription_id)
        key = number, places.not_again(known) if known else ()
        row_of_item.append(rows.setdefault(key, len(rows)))
    ranker = BatchRanker(profiles, group.index, group.corpus)
    composed = _compose_rows(group, ranker, profiles, list(rows))
    return [composed[row] for row in row_of_item]


class _Places:
    """Finds the places of papers that a reader has seen and is not shown again."""

    def __init__(self, papers: DayPapers) -> None:
        self._places = {
            paper_id: place
            for place, paper_id in enumerate(papers.paper_ids.tolist())
            if not papers.is_revised[place]
        }

    def not_again(self, paper_ids: Sequence[int]) -> tuple[int, ...]:
        """Returns the places of some papers, without those that may be shown again."""
        return tuple(
            sorted(self._places[paper_id] for paper_id in paper_ids if paper_id in self._places)
        )


def _compose_rows(
    group: PaperGroup,
    ranker: BatchRanker,
    profiles: Sequence[Profile],
    rows: Sequence[tuple[int, tuple[int, ...]]],
) -> list[PreparedEdition]:
    papers = group.papers
    matched = ranker.matched()
    row_profiles = [number for number, _ in rows]
    seen = SeenPapers(
        rows=np.repeat(np.arange(len(rows)), [len(places) for _, places in rows]),
        papers=np.array([place for _, places in rows for place in places], dtype=np.int64),
    )
    matches = without_seen(
        matches_of_rows(
            matched.profiles,
            matched.papers,
            matched.topics,
            matched.scores,
            row_profiles=np.array(row_profiles, dtype=np.int64),
        ),
        seen,
        papers,
    )
    most = np.array([profile.max_papers for profile in profiles], dtype=np.int64)[row_profiles]
    shown = np.nonzero(select_shown(matches, most=most, papers=papers))[0]
    # In the order of the sections; within one, best first.
    shown = shown[np.lexsort((shown, matches.topics[shown], matches.rows[shown]))]
    shown_profiles = np.array(row_profiles, dtype=np.int64)[matches.rows[shown]]
    explained = ranker.explain(shown_profiles, matches.papers[shown], matches.topics[shown])
    sections = _sections(
        group, [profiles[number] for number in row_profiles], matches.only(shown), explained
    )
    trending = trending_papers(
        matches, seen, counts=[profiles[number].trending for number in row_profiles], papers=papers
    )
    matched_of_row = np.bincount(matches.rows, minlength=len(rows)).tolist()
    shown_of_row = np.bincount(matches.rows[shown], minlength=len(rows)).tolist()
    fingerprints = [group.fingerprints.of(profile) for profile in profiles]
    paper_ids = papers.paper_ids.tolist()
    composed: list[PreparedEdition] = []
    for row, (number, seen_places) in enumerate(rows):
        others = trending[row]
        if profiles[number].muted:
            others = _trending_of_muted(profiles[number], papers, matches, row, seen_places)
        own_sections, places = sections.get(row, _NOTHING)
        considered = len(papers.candidates) - len(seen_places)
        content = group.packer.edition(
            own_sections,
            others,
            considered=considered,
            left_out=matched_of_row[row] - shown_of_row[row],
            scored_by=fingerprints[number],
        )
        composed.append(
            PreparedEdition(
                content=content,
                considered=considered,
                matched=matched_of_row[row],
                shown=shown_of_row[row],
                papers=tuple([paper_ids[place] for place in (*places, *others)]),
            )
        )
    return composed


_Sections = tuple[list[tuple[str, list[str]]], list[int]]
_NOTHING: _Sections = ([], [])


def _sections(
    group: PaperGroup,
    profiles: Sequence[Profile],
    shown: RowMatches,
    explained: Sequence[tuple[KeywordMatch, ...]],
) -> dict[int, _Sections]:
    """Returns for each row its sections, and the places of the papers in them.

    Args:
        group: The papers.
        profiles: Of the rows.
        shown: What is shown, in the order of the sections.
        explained: What brought the scores.
    """
    entries = zip(
        shown.rows.tolist(),
        shown.topics.tolist(),
        shown.papers.tolist(),
        shown.scores.tolist(),
        explained,
        strict=True,
    )
    entry, candidates = group.packer.entry, group.candidates
    found: dict[int, _Sections] = {}
    for row, of_row in groupby(entries, key=itemgetter(0)):
        profile = profiles[row]
        keywords = {keyword.text: keyword for topic in profile.topics for keyword in topic.keywords}
        sections: list[tuple[str, list[str]]] = []
        row_places: list[int] = []
        last = -1
        for _, topic, place, score, why in of_row:
            if topic != last:
                sections.append((profile.topics[topic].name, []))
                last = topic
            row_places.append(place)
            chosen = sentences_of(candidates[place].paper).select(why, keywords)
            sections[-1][1].append(entry(place, score, why, chosen))
        found[row] = sections, row_places
    return found


def _trending_of_muted(
    profile: Profile,
    papers: DayPapers,
    matches: RowMatches,
    row: int,
    seen_places: Sequence[int],
) -> tuple[int, ...]:
    """Returns the trending papers of a reader who does not want to see some authors."""
    used = {*matches.papers[matches.rows == row].tolist(), *seen_places}
    muted = muted_names(profile)
    free = (
        place
        for place in papers.popular
        if place not in used and not has_author(papers.candidates[place].paper, muted)
    )
    return tuple(place for place, _ in zip(free, range(profile.trending), strict=False))
