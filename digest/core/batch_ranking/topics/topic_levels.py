"""Computes L of many topics: the mean of the largest g of the background papers.

`digest.core.ranking.topical_evidence.levels` defines it. Here, g of all papers is computed as float32,
and exactly only for those that are, or may be, among the largest.
"""

from collections.abc import Sequence
from functools import reduce
from operator import iadd

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.background.largest_values import nth_largest
from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array, place_in_group, portions
from digest.core.batch_ranking.topics.raised_rows import RaisedRows, exact_g, grown
from digest.core.ranking.topical_evidence import (
    LEVEL_PAPERS,
    SMALLEST_LEVEL,
    TopicalKeywords,
    levels,
)

TOPICS_AT_ONCE = 96
"""With 5,700 background papers, about two megabytes of float32."""

MOST_KEYWORDS = 8_000
"""The values of so many keywords are kept, those that were the first: 180 MB. Those of others are computed
again for each use: few profiles have them, or the first thousand profiles would have had them too."""

OTHERS_AT_ONCE = 1_200
"""So many other keywords at a time: 27 MB."""

_MARGIN = 2.0**-12
"""Of g, relative: sums of a thousand float32 products differ less."""


class LevelRows:
    """The values of the keywords of a vocabulary for the background papers.

    Args:
        background: the table.
    """

    def __init__(self, background: BackgroundTable) -> None:
        self._sample = background.sample
        self._kept = _Rows(RaisedRows(self._sample, most=MOST_KEYWORDS))
        self._others = _Rows(RaisedRows(self._sample, most=OTHERS_AT_ONCE))

    def forget(self, count: int) -> None:
        """Forgets the keywords after the first ones."""
        self._kept.forget(count)

    def add(self, keywords: TopicalKeywords) -> None:
        """Computes the values of the keywords that are not known, if they are kept.

        Args:
            keywords: all of the vocabulary; the first ones are those of the last call.
        """
        self._kept.add(keywords.rows(slice(0, MOST_KEYWORDS)))

    def levels(self, shares: csr_matrix, keywords: TopicalKeywords) -> Array:
        """Returns L of each topic.

        Args:
            shares: topics by keywords: w of each.
            keywords: all of the vocabulary; the first ones are those of the last call.
        """
        if len(self._sample) <= LEVEL_PAPERS or not shares.shape[1]:
            few: Array = levels(shares, keywords, self._sample)
            return few
        self.add(keywords)
        found = np.full(shares.shape[0], SMALLEST_LEVEL)
        topics = np.flatnonzero(np.diff(shares.indptr))
        if not len(topics):
            return found
        last = np.maximum.reduceat(shares.indices, shares.indptr[topics])
        known, others = topics[last < MOST_KEYWORDS], topics[last >= MOST_KEYWORDS]
        found[known] = _levels([(shares[known], self._kept)])
        if not len(others):
            return found
        # Topics with the same keyword follow each other, so that it is computed once for most of them.
        others = others[np.argsort(last[last >= MOST_KEYWORDS], kind="stable")]
        own = shares[others]
        first, more = own[:, :MOST_KEYWORDS], own[:, MOST_KEYWORDS:]
        for start, end in portions(np.diff(more.indptr), OTHERS_AT_ONCE):
            part = more[start:end]
            used, places = np.unique(part.indices, return_inverse=True)
            rows = self._others
            rows.forget(0)
            rows.add(keywords.rows(MOST_KEYWORDS + used))
            part = csr_matrix((part.data, places, part.indptr), shape=(end - start, len(used)))
            found[others[start:end]] = _levels([(first[start:end], self._kept), (part, rows)])
        return found


class _Rows:
    """Values of keywords for the background papers, and the 20th largest of each keyword.

    Args:
        raised: without keywords.
    """

    def __init__(self, raised: RaisedRows) -> None:
        self.raised = raised
        self._largest = np.zeros(0, dtype=np.float32)

    def forget(self, count: int) -> None:
        """Forgets the keywords after the first ones."""
        self.raised.forget(count)

    def add(self, keywords: TopicalKeywords) -> None:
        """Computes the values of the keywords that are not known.

        Args:
            keywords: all of them; first the known ones.
        """
        first, count = len(self.raised), len(keywords.known)
        self._largest = grown(self._largest, first, count)
        for start in range(first, count, TOPICS_AT_ONCE):
            end = min(start + TOPICS_AT_ONCE, count)
            self.raised.add(keywords.rows(slice(0, end)))
            values = self.raised.rounded[start:end]  # which are still near the processor
            self._largest[start:end] = nth_largest(values, LEVEL_PAPERS)

    def least(self, shares: csr_matrix) -> Array:
        """Returns for each topic what as many papers as make a level reach by one keyword alone.

        Args:
            shares: topics by these keywords, float32.
        """
        parts = np.append(shares.data * self._largest[shares.indices], np.float32(0.0))
        largest: Array = np.maximum.reduceat(parts, shares.indptr[:-1])
        largest[np.diff(shares.indptr) == 0] = 0.0
        return largest


def _levels(shares: Sequence[tuple[csr_matrix, _Rows]]) -> Array:
    """Returns L of topics, each of which has some keyword.

    Args:
        shares: w of some of their keywords, and the values of these; then of others of their keywords.
    """
    fitting = [
        (csr_matrix((own.data, own.indices, own.indptr), (own.shape[0], len(rows.raised))), rows)
        for own, rows in shares
    ]
    rounded = [own.astype(np.float32) for own, _ in fitting]
    found = np.empty(fitting[0][0].shape[0])
    for start in range(0, len(found), TOPICS_AT_ONCE):
        part = slice(start, start + TOPICS_AT_ONCE)
        some = [own[part] for own in rounded]
        topics, papers = _largest(some, [rows for _, rows in fitting])
        exact: Array = reduce(
            iadd, (exact_g(own, rows.raised, start + topics, papers) for own, rows in fitting)
        )
        largest = _side_by_side(topics, exact, some[0].shape[0])
        kth = largest.shape[1] - LEVEL_PAPERS
        # All values are fixed-point numbers, so the order of the additions does not matter.
        totals = np.partition(largest, kth, axis=1)[:, kth:].sum(axis=1)
        found[part] = np.maximum(SMALLEST_LEVEL, totals / LEVEL_PAPERS)
    return found


def _largest(shares: Sequence[csr_matrix], rows: Sequence[_Rows]) -> tuple[Array, Array]:
    """Returns pairs of a topic and a paper: those that are, or may be, with the largest g."""
    g = reduce(iadd, (own @ part.raised.rounded for own, part in zip(shares, rows, strict=True)))
    least = reduce(np.maximum, (part.least(own) for own, part in zip(shares, rows, strict=True)))
    near = np.flatnonzero(g >= (least * np.float32(1.0 - 2 * _MARGIN))[:, None])
    topics, papers = near // g.shape[1], near % g.shape[1]
    sums = g.reshape(-1)[near]
    table = _side_by_side(topics, sums, len(least))
    kth = table.shape[1] - LEVEL_PAPERS
    least = np.partition(table, kth, axis=1)[:, kth]
    kept = np.flatnonzero(sums >= (least * np.float32(1.0 - 2 * _MARGIN))[topics])
    return topics[kept], papers[kept]


def _side_by_side(rows: Array, values: Array, count: int) -> Array:
    """Returns values as an array, with 0 after those of rows that have fewer than others.

    Args:
        rows: the row of each value, ascending.
        values: not negative.
        count: the number of rows.
    """
    place = place_in_group(rows)
    width = max(LEVEL_PAPERS, int(place.max(initial=-1)) + 1)
    table = np.zeros((count, width), dtype=values.dtype)
    table[rows, place] = values
    return table
