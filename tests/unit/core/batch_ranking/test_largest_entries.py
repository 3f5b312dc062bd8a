"""The largest entries of many rows are those of the plain definition, also among equal ones."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.sparse_products import Array, largest_entries
from digest.core.batch_ranking.topics.sparse_related_terms import largest_means
from digest.core.ranking.fixed_point import round_vector_entry
from digest.core.ranking.related_terms import TERMS


def drawn_product(chance: np.random.Generator, rows: int, width: int) -> csr_matrix:
    """Rows of different lengths, with equal entries, some of them 0 or less; columns in any order."""
    counts = chance.integers(0, width, rows)
    counts[0] = 0
    columns = [chance.permutation(width)[:count] for count in counts.tolist()]
    amounts = np.rint(chance.random(int(counts.sum())) * 12 - 2) / 4
    starts = np.concatenate([[0], np.cumsum(counts)])
    return csr_matrix((amounts, np.concatenate(columns), starts), shape=(rows, width))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("width", [6, 40, 700])
def test_the_largest_entries_are_the_first_of_each_row_in_order(seed: int, width: int) -> None:
    product = drawn_product(np.random.default_rng(seed), 150, width)
    kept = largest_entries(product, 10)
    for row in range(150):
        part = slice(product.indptr[row], product.indptr[row + 1])
        entries = zip((-product.data[part]).tolist(), product.indices[part].tolist(), strict=True)
        expected = [column for amount, column in sorted(entries) if amount < 0.0][:10]
        assert sorted(product.indices[part][kept[part]].tolist()) == sorted(expected)


def expected_means(means: Array) -> dict[int, float]:
    """The lemmas of the largest means of one topic: they are rounded, and then sorted."""
    rounded = [(-round_vector_entry(mean), lemma) for lemma, mean in enumerate(means.tolist())]
    return {lemma: -negative for negative, lemma in sorted(rounded)[:TERMS] if negative}


@pytest.mark.parametrize("lemmas", [3, 150, 900, 2000])
def test_the_largest_means_are_those_of_all_rounded_and_sorted(lemmas: int) -> None:
    chance = np.random.default_rng(lemmas)
    topics = 30
    means = chance.random((lemmas, topics))
    means[:, :10] *= 2.0**-12  # so that many of them are rounded to the same
    means[chance.random((lemmas, topics)) < np.linspace(0.0, 1.0, topics)] = 0.0
    found, largest = largest_means(means)
    for topic in range(topics):
        pairs = zip(found[topic].tolist(), largest[topic].tolist(), strict=True)
        assert {lemma: mean for lemma, mean in pairs if mean} == expected_means(means[:, topic])
        positive = found[topic][largest[topic] > 0.0]
        assert (np.diff(positive) > 0).all()
