"""Finds the papers that match many profiles, without computing most of their scores.

The score is monotone in V = s^(3/2), and the topical part of V alone is a sum over the keywords:

    s = d + a      d: the direct evidence, 0 for most papers; a: the topical evidence
    a = F (g/L)^(2/3), so for d = 0, V = sum over the keywords of F^(3/2) / L w x^(3/2)

So one product of float32 matrices gives V of every paper without direct evidence; V of the others
follows from it and d. The products and sums are of numbers that are not negative, so the relative
error of V is at most (n + 8) 2^-23 for n keywords. What lies within `MARGIN` of a limit is
decided by the exact sum (`digest.core.batch_ranking.topics.exact_sums`).
"""

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking import fixed_point
from digest.core.ranking.topical_topic import MIN_AMOUNT

MARGIN = 2.0**-11
"""Of V, relative. It covers sums of a thousand keywords, and the errors of float32 exp and log."""

MOST_KEYWORDS = 1000
"""Topics with more keywords are not screened."""

MAX_V = fixed_point.MAX_TOTAL**1.5
_TWO_THIRDS = np.float32(2.0 / 3.0)


class DirectSums(Struct, frozen=True, kw_only=True, eq=False):
    """The exact direct evidence of some topics, and of related terms, where it is not 0."""

    places: Array  # topic x number of papers + paper; in no order
    amounts: Array
    slots: Array  # scratch: for each topic and paper, where it may be in `places`

    def at(self, places: Array) -> Array:
        """Returns the amounts at some places; 0 where there is none."""
        if not len(self.places):
            return np.zeros(len(places))
        slots = np.minimum(self.slots[places], len(self.places) - 1)
        return np.where(self.places[slots] == places, self.amounts[slots], 0.0)

    def plus(self, places: Array, amounts: Array) -> "DirectSums":
        """Returns sums with more evidence; these ones must not be used afterwards.

        Args:
            places: each once.
            amounts: what is added there.
        """
        is_known, sums = np.zeros(len(places), dtype=np.bool_), self.amounts
        if len(self.places):
            slots = np.minimum(self.slots[places], len(self.places) - 1)
            is_known = self.places[slots] == places
            sums = sums.copy()
            sums[slots[is_known]] += amounts[is_known]
        others = places[~is_known]
        self.slots[others] = np.arange(len(sums), len(sums) + len(others), dtype=np.int32)
        return DirectSums(
            places=np.concatenate([self.places, others]),
            amounts=np.concatenate([sums, amounts[~is_known]]),
            slots=self.slots,
        )


def direct_sums(topics: csr_matrix, papers: csr_matrix, slots: Array) -> DirectSums:
    """Returns the direct evidence of some topics.

    Args:
        topics: topics by features: the weights.
        papers: features by papers.
        slots: int32, at least as long as topics x papers, with numbers from 0; it is changed.
    """
    product = topics @ papers
    rows = np.arange(topics.shape[0], dtype=np.int32) * np.int32(papers.shape[1])
    places = np.repeat(rows, np.diff(product.indptr)) + product.indices
    slots[places] = np.arange(len(places), dtype=np.int32)
    return DirectSums(places=places, amounts=product.data, slots=slots)


def add_direct(values: Array, direct: DirectSums, weights: Array, width: int) -> Array:
    """Changes V where there is direct evidence.

    Args:
        values: float32: V of the topical evidence alone, topics by papers; it is changed.
        direct: the direct evidence.
        weights: of the topics.
        width: the number of papers.

    Returns:
        The places at which V is uncertain: the topical evidence is about `MIN_AMOUNT`, below which
        it does not count.
    """
    flat = values.reshape(-1)
    with np.errstate(divide="ignore"):  # the logarithm of 0
        topical = np.log(flat[direct.places])
    topical *= _TWO_THIRDS
    np.exp(topical, out=topical)
    least = (MIN_AMOUNT * weights).astype(np.float32)[direct.places // width]
    difference = topical - least
    uncertain = np.abs(difference) <= np.float32(MARGIN) * least
    topical[difference < 0.0] = 0.0
    sums = direct.amounts.astype(np.float32)
    sums += topical
    np.clip(sums, 0.0, fixed_point.MAX_TOTAL, out=sums)
    np.multiply(sums, np.sqrt(sums), out=sums)
    flat[direct.places] = sums
    places: Array = direct.places[uncertain]
    return places


def best_of_topics(values: Array, topics: int) -> Array:
    """Returns V in the best topic of each profile: profiles by papers.

    Args:
        values: topics by papers; each profile has the same number of topics.
        topics: this number.
    """
    each = values.reshape(-1, topics, values.shape[1])
    best: Array = np.minimum(each[:, 0], np.float32(MAX_V))
    for topic in range(1, topics):
        np.maximum(best, each[:, topic], out=best)
    np.minimum(best, np.float32(MAX_V), out=best)
    return best
