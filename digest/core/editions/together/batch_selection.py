"""Chooses the papers of many digests at once, as `digest.core.editions.compose` does for one.

A row is a digest. Only the papers that are shown are looked at one by one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.editions.together.day_papers import DayPapers

Array = Any


class RowMatches(Struct, frozen=True, kw_only=True, eq=False):
    """The papers that match the profiles of some digests: arrays of equal length.

    They are in the order of the rows, and for each row best first.
    """

    rows: Array
    papers: Array  # places in `DayPapers`
    topics: Array  # places of the topics in the profile
    totals: Array  # the sums of which the scores are made

    def only(self, chosen: Array) -> "RowMatches":
        """Returns some of the matches.

        Args:
            chosen: their places, or for each match whether it is one of them.
        """
        return RowMatches(
            rows=self.rows[chosen],
            papers=self.papers[chosen],
            topics=self.topics[chosen],
            totals=self.totals[chosen],
        )


class SeenPapers(Struct, frozen=True, kw_only=True):
    """Which of the papers each row's reader has seen: arrays of equal length, in any order."""

    rows: Array
    papers: Array


def matches_of_rows(
    profiles: Array, papers: Array, topics: Array, totals: Array, *, row_profiles: Array
) -> RowMatches:
    """Gives each row the matches of its profile.

    Args:
        profiles: ascending; for each match the number of its profile.
        papers: the places of the papers.
        topics: the places of the topics.
        totals: the sums of which the scores are made.
        row_profiles: for each row, the number of its profile.
    """
    count = int(max(row_profiles.max(initial=-1), profiles.max(initial=-1))) + 1
    sizes = np.bincount(profiles, minlength=count)
    starts = np.cumsum(sizes) - sizes
    row_sizes = sizes[row_profiles]
    first = np.cumsum(row_sizes) - row_sizes
    entries = np.arange(int(row_sizes.sum())) + np.repeat(starts[row_profiles] - first, row_sizes)
    return RowMatches(
        rows=np.repeat(np.arange(len(row_profiles)), row_sizes),
        papers=papers[entries],
        topics=topics[entries],
        totals=totals[entries],
    )


def without_seen(matches: RowMatches, seen: SeenPapers, papers: DayPapers) -> RowMatches:
    """Returns the matches that the reader of each row has not seen.

    Args:
        matches: of the rows.
        seen: without the papers that may be shown again.
        papers: the papers.
    """
    if not len(seen.rows):
        return matches
    width = len(papers.candidates)
    kept = ~np.isin(matches.rows * width + matches.papers, seen.rows * width + seen.papers)
    return matches.only(kept)


def select_shown(
    matches: RowMatches, *, most: Array, papers: DayPapers
) -> tuple[Array, frozenset[int]]:
    """Selects the papers that are shown.

    Args:
        matches: of the rows; for each row at least the best `most`, and the best of each topic.
        most: for each row, the largest number of papers.
        papers: the papers.

    Returns:
        For each match whether it is shown, and the rows in which a near-identical paper was left out:
        for these, all matches must have been given.
    """
    size = len(matches.rows)
    is_best = _best_of_sections(matches)
    counts = np.bincount(matches.rows, minlength=len(most))
    starts = np.cumsum(counts) - counts
    # How many of the best of a section, and of the others, come before each match.
    bests = np.concatenate([[0], np.cumsum(is_best)])
    before = bests[:-1] - bests[starts[matches.rows]] if size else bests[:-1]
    others_before = np.arange(size) - starts[matches.rows] - before
    bests_of_row = np.bincount(matches.rows, weights=is_best, minlength=len(most)).astype(np.int64)
    left = np.maximum(0, most - bests_of_row)
    shown = np.where(is_best, before < most[matches.rows], others_before < left[matches.rows])
    # Two papers that are near-identical to others: whether to each other is looked at one by one.
    near = np.bincount(matches.rows, weights=papers.in_near[matches.papers], minlength=len(most))
    skipped: set[int] = set()
    for row in np.nonzero(near >= 2)[0].tolist():
        span = slice(int(starts[row]), int(starts[row] + counts[row]))
        shown[span], has_skipped = _without_near_identical(
            matches.papers[span].tolist(),
            matches.topics[span].tolist(),
            is_best[span].tolist(),
            most=int(most[row]),
            papers=papers,
        )
        if has_skipped:
            skipped.add(row)
    return shown, frozenset(skipped)


def first_of_rows(matches: RowMatches, is_chosen: Array, *, most: int) -> Array:
    """Returns the places of the first chosen matches of each row, ascending.

    Args:
        matches: of the rows.
        is_chosen: for each match whether it counts.
        most: so many for each row.
    """
    chosen = np.flatnonzero(is_chosen)
    rows = matches.rows[chosen]
    # How many chosen matches of the same row come before each.
    counts = np.bincount(rows)
    before = np.arange(len(chosen)) - np.repeat(np.cumsum(counts) - counts, counts)
    return chosen[before < most]


def _best_of_sections(matches: RowMatches) -> Array:
    """Returns for each match whether it is the best of its section."""
    size = len(matches.rows)
    is_best = np.zeros(size, dtype=bool)
    if size:
        topics = int(matches.topics.max()) + 1
        keys = matches.rows * topics + matches.topics
        first = np.empty((int(matches.rows[-1]) + 1) * topics, dtype=np.int64)
        # Of several values for one place, the last one stays.
        first[keys[::-1]] = np.arange(size)[::-1]
        is_best[first[keys]] = True
    return is_best


def _without_near_identical(
    places: Sequence[int],
    topics: Sequence[int],
    is_best: Sequence[bool],
    *,
    most: int,
    papers: DayPapers,
) -> tuple[list[bool], bool]:
    """Returns for each match of a row whether it is shown, and whether one was left out."""
    shown = [False] * len(places)
    sections: dict[int, set[int]] = {}
    count, has_skipped = 0, False
    for number in sorted(range(len(places)), key=lambda number: not is_best[number]):
        if count == most:
            break
        section = sections.setdefault(topics[number], set())
        if section.isdisjoint(papers.near.get(places[number], ())):
            section.add(places[number])
            shown[number] = True
            count += 1
        else:
            has_skipped = True
    return shown, has_skipped
