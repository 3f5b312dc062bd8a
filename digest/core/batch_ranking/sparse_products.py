"""Sparse products of which the best entries of each row are kept, exactly and in order."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sparse_dot_topn import sp_matmul_topn

Array = np.ndarray[Any, Any]

Entries = tuple[Array, Array, Array]
"""Row, column and amount of each entry; by row, then the largest first, then by column."""


def best_columns(
    left: csr_matrix, right: csr_matrix, top: int, rounded: Callable[[Array], Array] = np.asarray
) -> Entries:
    """The entries above 0 of a product, in each row the largest, of equal ones the first.

    Args:
        left: one factor; the products sum without rounding (`digest.core.grains`).
        right: the other.
        top: at most so many entries of a row.
        rounded: applied to the sums before they are compared; keeps their order.
    """
    rows, columns, amounts = _sorted(left, right, top, rounded)
    kept = place_in_group(rows) < top
    return rows[kept], columns[kept], amounts[kept]


def _sorted(
    left: csr_matrix, right: csr_matrix, top: int, rounded: Callable[[Array], Array]
) -> Entries:
    """At least the best, in order."""
    # One more than asked for: if it equals the last, others may too, and the first should win.
    product = sp_matmul_topn(left, right, top_n=top + 1, threshold=0.0, sort=True)
    ends = product.indptr[1:]
    counts = np.diff(product.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    columns, amounts = product.indices.copy(), rounded(product.data)
    full = np.flatnonzero(counts > top)
    open_ = full[amounts[ends[full] - 1] == amounts[ends[full] - 2]]
    if len(open_) and top < right.shape[1]:
        again = _sorted(left[open_], right, 4 * top, rounded)
        closed = np.ones(len(counts), dtype=np.bool_)
        closed[open_] = False
        kept = closed[rows]
        rows = np.concatenate([rows[kept], open_[again[0]]])
        columns = np.concatenate([columns[kept], again[1]])
        amounts = np.concatenate([amounts[kept], again[2]])
        order = np.argsort(rows, kind="stable")
        rows, columns, amounts = rows[order], columns[order], amounts[order]
    _order_equals(rows, columns, amounts, right.shape[1])
    return rows, columns, amounts


def _order_equals(rows: Array, columns: Array, amounts: Array, width: int) -> None:
    """Put the columns of equal amounts next to each other in their order, in place."""
    same = (rows[1:] == rows[:-1]) & (amounts[1:] == amounts[:-1])
    equal = np.zeros(len(rows), dtype=np.bool_)
    equal[1:] = same
    equal[:-1] |= same
    places = np.flatnonzero(equal)
    runs = np.cumsum(np.concatenate([[True], ~same]))[places]
    columns[places] = columns[places][np.argsort(runs * width + columns[places])]


def first(rows: Array, columns: Array, amounts: Array, top: int) -> Entries:
    """Of ordered entries the first of each row."""
    kept = place_in_group(rows) < top
    return rows[kept], columns[kept], amounts[kept]


def place_in_group(groups: Array) -> Array:
    """The place of each entry in its group, from 0; the entries of a group stand together."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    lengths = np.diff(np.concatenate([begins, [len(groups)]]))
    places: Array = np.arange(len(groups)) - np.repeat(begins, lengths)
    return places
