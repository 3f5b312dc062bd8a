"""Computes the exact sums of single papers in single topics: those of ranking one profile."""

from dataclasses import dataclass

import numpy as np

from digest.core.batch_ranking.dense_topical import TopicalMatrix
from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking import fixed_point
from digest.core.ranking.topical_topic import topical_amounts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaisedPapers:
    """`TopicalKeywords.raised` of the papers of a day: keywords by papers, in the order of ties."""

    screening: Array  # float32, rounded
    exact: Array  # int32, in multiples of `CONTRIBUTION_UNIT`


def topical_pairs(
    topical: TopicalMatrix, raised: RaisedPapers, rows: Array, papers: Array
) -> Array:
    """Returns what topical evidence adds to some papers, each in one topic.

    Args:
        topical: of all topics.
        raised: of the papers.
        rows: the row of a topic for each pair.
        papers: the column of a paper for each pair.
    """
    begins = topical.shares.indptr[rows]
    counts = topical.shares.indptr[rows + 1] - begins
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    if not total:
        return np.zeros(len(rows))
    pairs = np.repeat(np.arange(len(rows)), counts)
    places = np.arange(total) + np.repeat(begins - ends + counts, counts)
    found = raised.exact[topical.shares.indices[places], papers[pairs]]
    products = topical.shares.data[places] * (found * fixed_point.CONTRIBUTION_UNIT)
    # All products are fixed-point numbers, so the order of the additions does not matter.
    g = np.bincount(pairs, products, minlength=len(rows))
    weights = topical.weights[rows]
    amounts: Array = topical_amounts(
        g[:, None],
        level=topical.levels[rows],
        factor=topical.factors[rows] * weights,
        weight=weights,
    )[:, 0]
    return amounts
