"""Keeps x^(3/2) of many keywords and papers: rounded for screening, and exactly on demand.

`digest.core.ranking.topical_evidence` defines it. x is a whole number of `X_UNIT`, at most 2, so
float32 holds it exactly. x^(3/2) as float32 is wrong by at most 2^-23 of itself, which moves x by less than
a quarter of a unit: x, and from it the exact value, follow from the rounded one.
"""

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.background.table import VECTOR_UNIT
from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking.topical_evidence import TopicalKeywords, round_all

X_UNIT = VECTOR_UNIT**2
"""Products of two vectors, and the means that are subtracted from them, are whole numbers of it."""

_ROWS, _COLUMNS = 256, 1400
"""Computed at once. Smaller products take up to half as long again."""


class RaisedRows:
    """x^(3/2) of a growing number of keywords, and some papers.

    Args:
        papers: their vectors as rows, float32.
        most: so many keywords have their space from the start, which the system gives only as it is
            used. With more, the values are copied.
    """

    def __init__(self, papers: Array, *, most: int = 0) -> None:
        self._papers = papers
        self._used = 0
        self._rounded: Array = np.empty((most, len(papers)), dtype=np.float32)

    @property
    def rounded(self) -> Array:
        """The values as float32: keywords by papers."""
        return self._rounded[: self._used]

    def __len__(self) -> int:
        """Returns the number of keywords."""
        return self._used

    def forget(self, count: int) -> None:
        """Forgets the keywords after the first ones; their space stays for others."""
        self._used = min(self._used, count)

    def add(self, keywords: TopicalKeywords, *, used: Array | None = None) -> None:
        """Computes the rows of the keywords that were added since the last call.

        Args:
            keywords: all of them.
            used: for each whether its values are needed; those of others are 0. None: all are.
        """
        first, count = self._used, len(keywords.known)
        if count == first:
            return
        self._rounded = grown(self._rounded, first, count)
        if used is None:
            for start in range(first, count, _ROWS):
                part = slice(start, min(start + _ROWS, count))
                self._compute(keywords, part)
        else:
            numbers = first + np.flatnonzero(used[first:])
            self._rounded[first:count] = 0.0
            for start in range(0, len(numbers), _ROWS):
                self._compute(keywords, numbers[start : start + _ROWS])
        self._used = count

    def _compute(self, keywords: TopicalKeywords, rows: slice | Array) -> None:
        vectors = keywords.vectors[rows].astype(np.float32)
        means = keywords.means[rows, None].astype(np.float32)
        for begin in range(0, len(self._papers), _COLUMNS):
            columns = slice(begin, begin + _COLUMNS)
            x = vectors @ self._papers[columns].T
            x -= means
            np.maximum(np.float32(0.0), x, out=x)
            if isinstance(rows, slice):
                np.multiply(x, np.sqrt(x), out=self._rounded[rows, columns])
            else:
                self._rounded[rows, columns] = x * np.sqrt(x)

    def exact(self, keywords: Array, papers: Array) -> Array:
        """Returns exact values, float64: of a keyword and a paper each."""
        places = keywords * np.int64(len(self._papers)) + papers
        values = self._rounded.reshape(-1).take(places).astype(np.float64)
        x = np.rint(np.cbrt(values * values) * (1.0 / X_UNIT)) * X_UNIT
        x *= np.sqrt(x)
        exact: Array = round_all(x)
        return exact


def exact_g(shares: csr_matrix, raised: RaisedRows, topics: Array, papers: Array) -> Array:
    """Returns g of pairs of a topic and a paper.

    Args:
        shares: topics by keywords: w of each.
        raised: of the keywords and papers.
        topics: of each pair.
        papers: of each pair.
    """
    begins = shares.indptr[topics]
    counts = shares.indptr[topics + 1] - begins
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    if not total:
        return np.zeros(len(topics))
    pairs = np.repeat(np.arange(len(topics)), counts)
    places = np.arange(total) + (begins - ends + counts)[pairs]
    products = raised.exact(shares.indices[places], papers[pairs])
    products *= shares.data[places]
    # All products are fixed-point numbers, so the order of the additions does not matter.
    g: Array = np.bincount(pairs, products, minlength=len(topics))
    return g


def grown(rows: Array, used: int, count: int) -> Array:
    """Returns an array with space for more rows, with the used ones.

    Some space is left for the next ones, which the system gives only as it is used: a process that
    was divided from another one need not copy what they share.

    Args:
        rows: the array.
        used: so many rows are in use.
        count: so many are needed.
    """
    if len(rows) >= count:
        return rows
    larger = np.empty((3 * count // 2, *rows.shape[1:]), dtype=rows.dtype)
    larger[:used] = rows[:used]
    return larger
