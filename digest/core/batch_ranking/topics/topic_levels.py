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

MOST_KEYWORDS = 16_000
"""The values of so many keywords are kept: 450 MB. More are computed again for each use."""

_MARGIN = 2.0**-12
"""Of g, relative: sums of a thousand float32 products differ less."""


class LevelRows:
    """The values of the keywords of a vocabulary for the background papers.

    Args:
        background: the table.
    """

    def __init__(self, background: BackgroundTable) -> None:
        self._sample = background.sample
        self._rows = RaisedRows(self._sample, most=MOST_KEYWORDS)
        self._largest: Array = np.zeros(0, dtype=np.float32)  # the 20th largest of each keyword

    def levels(self, shares: csr_matrix, keywords: TopicalKeywords) -> Array:
        """Returns L of each topic.

        Args:
            shares: topics by keywords: w of each.
            keywords: all of the vocabulary; the first ones are those of the last call.
        """
        count = shares.shape[1]
        if len(self._sample) <= LEVEL_PAPERS or not count:
            few: Array = levels(shares, keywords, self._sample)
            return few
        self.add(keywords)
        found = np.full(shares.shape[0], SMALLEST_LEVEL)
        if count > MOST_KEYWORDS:
            beyond = np.zeros(shares.shape[0], dtype=np.bool_)
            beyond[
                np.repeat(np.arange(len(beyond)), np.diff(shares.indptr))[
                    shares.indices >= MOST_KEYWORDS
                ]
            ] = True
            used = np.unique(shares[beyond].indices)
            found[beyond] = levels(shares[beyond][:, used], keywords.rows(used), self._sample)
            topics = np.flatnonzero(~beyond)
        else:
            topics = np.arange(shares.shape[0])
        topics = topics[np.diff(shares.indptr)[topics] > 0]
        known = shares[topics][:, : len(self._rows)]
        rounded = known.astype(np.float32)
        for start in range(0, len(topics), TOPICS_AT_ONCE):
            part = slice(start, start + TOPICS_AT_ONCE)
            found[topics[part]] = self._part(known[part], rounded[part])
        return found

    def add(self, keywords: TopicalKeywords) -> None:
        """Computes the values of the keywords that were added since the last call.

        Args:
            keywords: all of them.
        """
        if len(self._sample) <= LEVEL_PAPERS:
            return
        keywords = keywords.rows(slice(0, MOST_KEYWORDS))
        first, count = len(self._rows), len(keywords.known)
        self._rows.add(keywords)
        self._largest = grown(self._largest, first, count)
        for start in range(first, count, TOPICS_AT_ONCE):
            part = slice(start, min(start + TOPICS_AT_ONCE, count))
            self._largest[part] = nth_largest(self._rows.rounded[part], LEVEL_PAPERS)

    def _part(self, shares: csr_matrix, rounded: csr_matrix) -> Array:
        g = rounded @ self._rows.rounded
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
        exact = exact_g(shares, self._rows, topics, papers[kept])
        order = np.lexsort((-exact, topics))
        topics, exact = topics[order], exact[order]
        largest = np.flatnonzero(place_in_group(topics) < LEVEL_PAPERS)
        totals = np.bincount(topics[largest], exact[largest], minlength=len(least))
        return np.maximum(SMALLEST_LEVEL, totals / LEVEL_PAPERS)
