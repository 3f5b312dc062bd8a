"""The mean and the spread of many vectors: how near the texts of a collection are to anything.

A table that was learned from one field has seen little of another one. There, many texts seem to be near to
a keyword only because they are in that field. Their mean and their spread in the direction of the
keyword say so.

All entries are multiples of a power of two, and few enough of their bits are in use that the sums here
are exact. So the result does not depend on the order of the vectors, or on the machine.
"""

from typing import Any

import numpy as np
from msgspec import Struct

Array = Any

_UNIT = 2.0**-20


class VectorSpread(Struct, frozen=True, kw_only=True, eq=False):
    """The mean and the covariance of some vectors."""

    mean: Array
    covariance: Array  # dimensions by dimensions

    def deviations(self, directions: Array) -> Array:
        """Returns the standard deviation of the products of the vectors with some directions.

        Args:
            directions: vectors of length 1 as rows, multiples of `VECTOR_UNIT`.
        """
        variances = np.sum((directions @ self.covariance) * directions, axis=1)
        return np.sqrt(np.maximum(0.0, variances))


def mean_of(vectors: Array) -> Array:
    """Returns the mean of vectors, rounded so that products with it are exact.

    Args:
        vectors: as rows, multiples of `VECTOR_UNIT`; without rows, the mean is 0.
    """
    if not len(vectors):
        return np.zeros(vectors.shape[1])
    return np.rint(vectors.mean(axis=0, dtype=np.float64) / _UNIT) * _UNIT


def means_along(directions: Array, mean: Array) -> Array:
    """Returns the mean of the products of vectors with some directions.

    Args:
        directions: vectors of length 1 as rows, multiples of `VECTOR_UNIT`.
        mean: of the vectors, from `mean_of`.
    """
    return np.rint(directions @ mean / _UNIT) * _UNIT


def spread_of(vectors: Array) -> VectorSpread:
    """Returns the mean and the covariance of vectors.

    Args:
        vectors: as rows, multiples of `VECTOR_UNIT`; without rows, the result is 0.
    """
    rows, mean = np.asarray(vectors, dtype=np.float64), mean_of(vectors)
    covariance = rows.T @ rows / max(1, len(rows)) - np.outer(mean, mean)
    return VectorSpread(mean=mean, covariance=np.rint(covariance / _UNIT) * _UNIT)


def spread_ratios(narrow: Array, wide: Array) -> Array:
    """Returns the ratios of deviations, where the second one is the larger one; 1 elsewhere.

    Args:
        narrow: deviations; where one is 0, the ratio is 1.
        wide: as many other ones.

    Returns:
        Above 0 and at most 1.
    """
    larger = (wide > narrow) & (narrow > 0.0)
    return np.divide(narrow, wide, out=np.ones_like(narrow), where=larger)
