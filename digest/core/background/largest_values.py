"""Finds the largest values of each row of a matrix."""

from typing import Any

import numpy as np

Array = Any

_GROUPS = 256


def nth_largest(values: Array, n: int) -> Array:
    """Returns the nth largest value of each row.

    Args:
        values: rows of at least n values.
        n: which one, from 1.
    """
    rows, width = values.shape
    if width >= 8 * _GROUPS > 8 * n:
        # The nth largest of the maxima of some groups is a bound: what is larger decides, or else
        # the nth largest equals it.
        grouped = values[:, : width // _GROUPS * _GROUPS].reshape(rows, -1, _GROUPS)
        bound = np.partition(grouped.max(axis=1), _GROUPS - n, axis=1)[:, _GROUPS - n]
        found = np.flatnonzero(values > bound[:, None])
        counts = np.bincount(found // width, minlength=rows)
        places = np.arange(len(found)) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen = np.repeat(bound[:, None], int(counts.max(initial=n)), axis=1)
        chosen[found // width, places] = values.reshape(-1)[found]
        values = chosen
    kth = values.shape[1] - n
    return np.partition(values, kth, axis=1)[:, kth]


def largest_places(values: Array, n: int) -> Array:
    """Returns the places of the n largest values of each row, ascending; of equal ones the first."""
    rows, width = values.shape
    if width <= n:
        return np.tile(np.arange(width), (rows, 1))
    # Not `argpartition`: which of equal values it takes depends on the processor.
    least = nth_largest(values, n)[:, None]
    chosen = values >= least
    places = np.flatnonzero(chosen)
    if len(places) > rows * n:
        many = np.flatnonzero(np.bincount(places // width) > n)
        for row in many.tolist():
            equal = np.flatnonzero(values[row] == least[row])
            above = np.count_nonzero(values[row] > least[row])
            chosen[row, equal[n - above :]] = False
        places = np.flatnonzero(chosen)
    return (places % width).reshape(rows, n)
