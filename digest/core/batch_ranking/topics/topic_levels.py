"""Computes L of many topics: the mean of the largest g of the background papers.

`digest.core.ranking.topical_evidence.levels` defines it. Here, g of all papers is computed as float32,
and exactly only for those that are, or may be, among the largest.
"""

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array, place_in_group
from digest.core.batch_ranking.topics.raised_rows import RaisedRows, exact_g, grown
from digest.core.ranking.topical_evidence import (
    LEVEL_PAPERS,
    SMALLEST_LEVEL,
    TopicalKeywords,
    levels,
    nth_largest,
)

TOPICS_AT_ONCE = 96
"""With 5,700 background papers, about two megabytes of float32."""

MOST_KEYWORDS = 8_000
"""The values of so many keywords are kept, those that were the first: 180 MB. Those of others are computed
again for each use: few profiles have them, or the first thousand profiles would have had them too."""

_OTHERS_AT_ONCE = 4 * TOPICS_AT_ONCE
"""So many topics with other keywords at a time: some 30 MB."""

_MARGIN = 2.0**-12
"""Of g, relative: sums of a thousand float32 products differ less."""


class LevelRows:
    """The values of the keywords of a vocabulary for the background papers.

    Args:
        background: the table.
    """

    def __init__(self, background: BackgroundTable) -> None:
        self._sample = background.sample
        self._kept = _Rows(RaisedRows(self._sample, most=MOST_KEYWORDS), _NO_VALUES)

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
        found[known] = self._kept.levels(shares[known])
        for start in range(0, len(others), _OTHERS_AT_ONCE):
            part = others[start : start + _OTHERS_AT_ONCE]
            own = shares[part]
            used, places = np.unique(own.indices, return_inverse=True)
            rows = self._kept.only(used[used < MOST_KEYWORDS], most=len(used))
            rows.add(keywords.rows(used))
            found[part] = rows.levels(
                csr_matrix((own.data, places, own.indptr), shape=(len(part), len(used)))
            )
        return found


_NO_VALUES = np.zeros(0, dtype=np.float32)


class _Rows:
    """Values of keywords for the background papers, and the 20th largest of each keyword.

    Args:
        raised: the values.
        largest: those of the same keywords.
    """

    def __init__(self, raised: RaisedRows, largest: Array) -> None:
        self._raised, self._largest = raised, largest

    def only(self, keywords: Array, *, most: int) -> "_Rows":
        """Returns the rows of some keywords, with space for more."""
        return _Rows(self._raised.only(keywords, most=most), self._largest[keywords])

    def forget(self, count: int) -> None:
        """Forgets the keywords after the first ones."""
        self._raised.forget(count)

    def add(self, keywords: TopicalKeywords) -> None:
        """Computes the values of the keywords that are not known.

        Args:
            keywords: all of them; first the known ones.
        """
        first, count = len(self._raised), len(keywords.known)
        self._raised.add(keywords)
        self._largest = grown(self._largest, first, count)
        for start in range(first, count, TOPICS_AT_ONCE):
            part = slice(start, min(start + TOPICS_AT_ONCE, count))
            self._largest[part] = nth_largest(self._raised.rounded[part], LEVEL_PAPERS)

    def levels(self, shares: csr_matrix) -> Array:
        """Returns L of topics, each of which has some of these keywords and no others."""
        shape = shares.shape[0], len(self._raised)
        shares = csr_matrix((shares.data, shares.indices, shares.indptr), shape=shape)
        rounded = shares.astype(np.float32)
        found = np.empty(len(rounded.indptr) - 1)
        for start in range(0, len(found), TOPICS_AT_ONCE):
            part = slice(start, start + TOPICS_AT_ONCE)
            found[part] = self._part(shares[part], rounded[part])
        return found

    def _part(self, shares: csr_matrix, rounded: csr_matrix) -> Array:
        g = rounded @ self._raised.rounded
        # As many papers as wanted reach what the largest part of the sum alone gives.
        parts = rounded.data * self._largest[rounded.indices]
        least = np.maximum.reduceat(parts, rounded.indptr[:-1])
        near = np.flatnonzero(g >= (least * np.float32(1.0 - 2 * _MARGIN))[:, None])
        topics, papers = near // g.shape[1], near % g.shape[1]
        # The largest of them, side by side.
        place = place_in_group(topics)
        sums = g.reshape(-1)[near]
        table = np.zeros((len(least), max(LEVEL_PAPERS, int(place.max()) + 1)), dtype=np.float32)
        table[topics, place] = sums
        kth = table.shape[1] - LEVEL_PAPERS
        least = np.partition(table, kth, axis=1)[:, kth]
        kept = np.flatnonzero(sums >= (least * np.float32(1.0 - 2 * _MARGIN))[topics])
        topics = topics[kept]
        exact = exact_g(shares, self._raised, topics, papers[kept])
        order = np.lexsort((-exact, topics))
        topics, exact = topics[order], exact[order]
        largest = np.flatnonzero(place_in_group(topics) < LEVEL_PAPERS)
        totals = np.bincount(topics[largest], exact[largest], minlength=len(least))
        return np.maximum(SMALLEST_LEVEL, totals / LEVEL_PAPERS)
