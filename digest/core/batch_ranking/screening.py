"""Finds the papers that match many profiles, without computing most of their scores exactly.

The score is monotone in the sum s = d + a of a topic:

    d: the direct evidence and what related terms add, exactly
    a: the topical evidence, of which a^(3/2) is a sum over the keywords

    a = F (g/L)^(2/3), so a^(3/2) = sum over the keywords of F^(3/2) / L w x^(3/2)

So one product of float32 matrices gives a of every paper. The products and sums are of numbers that
are not negative, so the relative error of s is at most (n + 16) 2^-23 for n keywords. What is
within `MARGIN` of a limit is decided by the exact sum
(`digest.core.batch_ranking.topics.exact_sums`).
"""

import numpy as np

from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking import fixed_point
from digest.core.ranking.topical_topic import MIN_AMOUNT

MARGIN = 2.0**-11
"""Of s, relative. It covers sums of a thousand keywords, and the errors of float32 exp and log."""

MOST_KEYWORDS = 1000
"""Topics with more keywords are not screened."""

_ROWS = 64
"""Topics at a time: a processor keeps the sums of a thousand papers near while they are used."""

_TWO_THIRDS = np.float32(2.0 / 3.0)


def screened_sums(raised: Array, direct: Array, weights: Array) -> tuple[Array, Array]:
    """Returns s as float32: topics by papers; and the places at which it is uncertain.

    These are where the topical evidence is about `MIN_AMOUNT`, below which it does not count.

    Args:
        raised: a^(3/2) as float32: topics by papers; it is changed.
        direct: d in the same form, exactly.
        weights: of the topics.
    """
    least = (MIN_AMOUNT * weights).astype(np.float32)[:, None]
    uncertain: list[Array] = []
    for start in range(0, len(raised), _ROWS):
        part = slice(start, start + _ROWS)
        found = _screened_part(raised[part], direct[part], least[part])
        uncertain.append(start * raised.shape[1] + found)
    return raised, np.concatenate(uncertain)


def _screened_part(sums: Array, direct: Array, least: Array) -> Array:
    with np.errstate(divide="ignore"):  # the logarithm of 0
        np.log(sums, out=sums)
    sums *= _TWO_THIRDS
    np.exp(sums, out=sums)
    counts = sums >= least
    # Without other evidence, such small sums match nothing, so it does not matter whether they count.
    near = sums >= least * np.float32(1.0 - MARGIN)
    near &= sums <= least * np.float32(1.0 + MARGIN)
    uncertain = np.flatnonzero(near)
    uncertain_with_direct: Array = uncertain[direct.reshape(-1)[uncertain] != 0.0]
    sums *= counts
    sums += direct
    np.clip(sums, 0.0, fixed_point.MAX_TOTAL, out=sums)
    return uncertain_with_direct


def best_of_topics(sums: Array, topics: int) -> Array:
    """Returns s in the best topic of each profile: profiles by papers.

    Args:
        sums: topics by papers; each profile has the same number of topics.
        topics: this number.
    """
    best: Array = sums.reshape(-1, topics, sums.shape[1]).max(axis=1) if topics > 1 else sums
    return best
