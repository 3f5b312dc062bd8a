"""Sums and sorts the values of many groups at once."""

from math import fsum

import numpy as np

from digest.core.batch_ranking.sparse_products import Array


def different(numbers: Array) -> Array:
    """Returns the different numbers of an array, ascending; none is large.

    `numpy.unique` takes several times as long.
    """
    is_used = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.bool_)
    is_used[numbers] = True
    return np.flatnonzero(is_used)


def sums_of_groups(values: Array, groups: Array, count: int) -> Array:
    """Returns the sum of the values of each group as `math.fsum` does: the exact sum, rounded once.

    Args:
        values: far from the largest and the smallest numbers.
        groups: the group of each value, ascending.
        count: the number of groups.
    """
    sizes = np.bincount(groups, minlength=count)
    starts = np.cumsum(sizes) - sizes
    sums, lost = np.zeros(count), np.zeros(count)
    is_exact = np.ones(count, dtype=np.bool_)
    for place in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > place)
        sums[longer], rounding = _added(sums[longer], values[starts[longer] + place])
        lost[longer], more = _added(lost[longer], rounding)
        is_exact[longer] &= more == 0.0
    # Both numbers together are the exact sum, so that this is rounded once.
    found: Array = sums + lost
    for group in np.flatnonzero(~is_exact).tolist():
        start = int(starts[group])
        found[group] = fsum(values[start : start + int(sizes[group])].tolist())
    return found


def _added(first: Array, second: Array) -> tuple[Array, Array]:
    """Returns sums, and what rounding them has lost, exactly (Knuth, TAOCP 2, 4.2.2, theorem B)."""
    both = first + second
    added = both - first
    return both, (first - (both - added)) + (second - added)


def order_of_matches(owners: Array, points: Array, ranks: Array, fields: Array) -> Array:
    """Returns the order of matches: by pairs, then the most points first, then by text and field.

    Args:
        owners: the number of the pair of each.
        points: of each; none is infinite.
        ranks: of the texts.
        fields: numbers below 4.
    """
    # As one number for each match: sorting by several is six times as slow.
    order = np.argsort(-points)
    places = np.empty(len(points), dtype=np.int64)
    # Equal points have the same place.
    places[order] = np.cumsum(np.diff(points[order], prepend=np.inf) != 0.0)
    keys = owners * np.int64(len(points) + 1) + places
    keys = (keys * (int(ranks.max(initial=0)) + 1) + ranks) * 4 + fields
    found: Array = np.argsort(keys)
    return found
