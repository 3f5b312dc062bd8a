"""Computes the exact topical evidence of single papers in single topics."""

from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.raised_rows import RaisedRows, exact_g
from digest.core.ranking.topical_topic import topical_amounts


def topical_pairs(
    topical: TopicalMatrix, raised: RaisedRows, topics: Array, papers: Array
) -> Array:
    """Returns what topical evidence adds to some papers, each in one topic.

    Args:
        topical: of all topics.
        raised: of the keywords and papers.
        topics: the row of a topic for each pair.
        papers: the column of a paper for each pair.
    """
    weights = topical.weights[topics]
    amounts: Array = topical_amounts(
        exact_g(topical.positive, raised, topics, papers)[:, None],
        level=topical.levels[topics],
        factor=topical.factors[topics] * weights,
        weight=weights,
    )[:, 0]
    return amounts
