"""Computes the first singular vectors of a sparse matrix, by a randomized range finder.

Source: N. Halko, P. G. Martinsson, J. A. Tropp (2011), Finding structure with randomness,
doi:10.1137/090771806, algorithms 4.4 and 5.1. The random numbers have a fixed seed.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

Array = Any

POWER_ROUNDS = 4
SPARE_VECTORS = 10


def right_singular_vectors(matrix: csr_matrix, rank: int) -> Array:
    """Returns the first right singular vectors as columns.

    The sign of a vector is such that its largest entry is positive.

    Args:
        matrix: float32.
        rank: number of vectors, below both dimensions of the matrix.
    """
    spare = min(SPARE_VECTORS, min(matrix.shape) - rank)
    random = np.random.default_rng(1).standard_normal((matrix.shape[1], rank + spare))
    block = np.linalg.qr(matrix @ random.astype(np.float32))[0]
    for _ in range(POWER_ROUNDS):
        block = np.linalg.qr(matrix.T @ block)[0]
        block = np.linalg.qr(matrix @ block)[0]
    _, _, right = np.linalg.svd((matrix.T @ block).T, full_matrices=False)
    vectors = right[:rank].T
    return vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(rank)])
