"""Multiplies sparse matrices and keeps the largest entries of each row, in exact order."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sparse_dot_topn import sp_matmul_topn

from digest.core.background.largest_values import nth_largest

Array = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 64
"""Whose entries are put side by side: some hundred kilobytes."""

Entries = tuple[Array, Array, Array]
"""Row, column and amount of each entry, sorted by row, then from large to small, then by column."""


def add_product(sums: Array, left: csr_matrix, right: csr_matrix) -> None:
    """Adds a product to a dense array. The sums must be exact (`digest.core.ranking.fixed_point`)."""
    product = left @ right
    rows = np.repeat(np.arange(len(sums)) * sums.shape[1], np.diff(product.indptr))
    sums.reshape(-1)[rows + product.indices] += product.data


def best_columns(
    left: csr_matrix, right: csr_matrix, top: int, rounded: Callable[[Array], Array]
) -> Entries:
    """Returns the largest positive entries in each row of a product; ties go to the first column.

    Args:
        left: one factor. The sums must be exact (`digest.core.ranking.fixed_point`).
        right: the other factor.
        top: the number of entries to keep in each row.
        rounded: applied to the sums before they are compared; it must keep their order.
    """
    rows, columns, amounts = _sorted_entries(left, right, top, rounded)
    return first_of_each_row(rows, columns, amounts, top)


def _sorted_entries(
    left: csr_matrix, right: csr_matrix, top: int, rounded: Callable[[Array], Array]
) -> Entries:
    """Returns at least the `top` largest entries of each row, in order."""
    # One entry more than requested: if it equals the last one, more entries may be equal, and
    # the product does not say which of them comes first. Such rows are computed again, with more
    # entries.
    product = sp_matmul_topn(left, right, top_n=top + 1, threshold=0.0, sort=True)
    ends = product.indptr[1:]
    counts = np.diff(product.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    columns, amounts = product.indices.copy(), rounded(product.data)
    full = np.flatnonzero(counts > top)
    full = full[np.argsort(counts[full])]  # rows of about the same size side by side
    undecided = full[amounts[ends[full] - 1] == amounts[ends[full] - 2]]
    if len(undecided) and top < right.shape[1]:
        again = _sorted_entries(left[undecided], right, 4 * top, rounded)
        decided = np.ones(len(counts), dtype=np.bool_)
        decided[undecided] = False
        kept = decided[rows]
        rows = np.concatenate([rows[kept], undecided[again[0]]])
        columns = np.concatenate([columns[kept], again[1]])
        amounts = np.concatenate([amounts[kept], again[2]])
        order = np.argsort(rows, kind="stable")
        rows, columns, amounts = rows[order], columns[order], amounts[order]
    _sort_ties(rows, columns, amounts, right.shape[1])
    return rows, columns, amounts


def _sort_ties(rows: Array, columns: Array, amounts: Array, width: int) -> None:
    """Sorts the columns of equal neighbouring amounts, in place."""
    same = (rows[1:] == rows[:-1]) & (amounts[1:] == amounts[:-1])
    tied = np.zeros(len(rows), dtype=np.bool_)
    tied[1:] = same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    runs = np.cumsum(np.concatenate([[True], ~same]))[places]
    columns[places] = columns[places][np.argsort(runs * width + columns[places])]


def first_of_each_row(rows: Array, columns: Array, amounts: Array, top: int) -> Entries:
    """Returns the first `top` entries of each row; the entries are sorted."""
    kept = place_in_group(rows) < top
    return rows[kept], columns[kept], amounts[kept]


def largest_entries(product: csr_matrix, top: int) -> Array:
    """Returns for each entry whether it is among the largest positive ones of its row.

    Args:
        product: no two entries are at one place.
        top: the number of entries to keep in each row; ties go to the first column.
    """
    counts = np.diff(product.indptr)
    kept: Array = product.data > 0.0
    full = np.flatnonzero(counts > top)
    full = full[np.argsort(counts[full])]  # rows of about the same size side by side
    for start in range(0, len(full), _ROWS_AT_ONCE):
        rows = full[start : start + _ROWS_AT_ONCE]
        begins, sizes = product.indptr[rows], counts[rows]
        owners = np.repeat(np.arange(len(rows)), sizes)
        columns = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        places = columns + begins[owners]
        amounts = product.data[places]
        table = np.zeros((len(rows), int(sizes.max())))
        table[owners, columns] = amounts
        least = nth_largest(table, top)
        kept[places] &= amounts >= least[owners]
        many = np.bincount(owners, kept[places]) > top
        for row in np.flatnonzero(many).tolist():
            own = np.arange(begins[row], begins[row] + sizes[row])
            own = own[kept[own]]
            order = np.lexsort((product.indices[own], -product.data[own]))
            kept[own[order[top:]]] = False
    return kept


def place_in_group(groups: Array) -> Array:
    """Returns the position of each entry in its group, from 0.

    Args:
        groups: the group of each entry; the entries of a group are neighbours.
    """
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    lengths = np.diff(np.concatenate([begins, [len(groups)]]))
    places: Array = np.arange(len(groups)) - np.repeat(begins, lengths)
    return places


def portions(counts: Array, most: int) -> Iterator[tuple[int, int]]:
    """Yields ranges whose counts sum to at most `most`; a single count may exceed it."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + most, side="right")))
        yield start, stop
        start = stop
