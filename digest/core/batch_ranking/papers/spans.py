"""Represents occurrences of many keywords in many papers as arrays.

A place is keyword x span + position (`text_arrays`): occurrences of two keywords never overlap. A cell
is keyword x number of papers + paper, so place // stride is the cell.
"""

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.papers.text_arrays import NONE
from digest.core.batch_ranking.sparse_products import Array


class Spans(Struct, eq=False):
    """Occurrences, ascending by their places."""

    starts: Array
    ends: Array
    weights: Array

    def among(self, kept: Array) -> "Spans":
        """Returns some of the occurrences."""
        return Spans(self.starts[kept], self.ends[kept], self.weights[kept])

    def and_others(self, others: "Spans") -> "Spans":
        """Returns these and other occurrences."""
        starts = np.concatenate([self.starts, others.starts])
        order = np.argsort(starts, kind="stable")
        return Spans(
            starts[order],
            np.concatenate([self.ends, others.ends])[order],
            np.concatenate([self.weights, others.weights])[order],
        )

    def separate(self) -> "Spans":
        """Returns the occurrences of which none overlaps one that was taken before."""
        count = len(self.starts)
        if count < 2:
            return self
        joins = np.zeros(count, dtype=np.bool_)  # whether it overlaps an earlier one
        joins[1:] = self.starts[1:] < np.maximum.accumulate(self.ends)[:-1]
        if not joins.any():
            return self
        kept = np.ones(count, dtype=np.bool_)
        doubtful = joins.copy()
        doubtful[:-1] |= joins[1:]
        places = np.flatnonzero(doubtful)
        end_of_last = -1
        for place, start, end in zip(
            places.tolist(), self.starts[places].tolist(), self.ends[places].tolist(), strict=True
        ):
            kept[place] = start >= end_of_last
            if kept[place]:
                end_of_last = end
        return self.among(kept)

    def overlap(self, taken: "Spans") -> Array:
        """Returns for each occurrence whether it overlaps one of others that do not overlap."""
        if not len(taken.starts):
            return np.zeros(len(self.starts), dtype=np.bool_)
        before = np.searchsorted(taken.starts, self.ends) - 1
        overlap: Array = (before >= 0) & (taken.ends[before] > self.starts)
        return overlap

    def contain(self, first: Array, last: Array) -> Array:
        """Returns for each of some ranges whether it is within an occurrence.

        Args:
            first: the place of the first word of each.
            last: the place of the last word.
        """
        if not len(self.starts):
            return np.zeros(len(first), dtype=np.bool_)
        before = np.searchsorted(self.starts, first, side="right") - 1
        within: Array = (before >= 0) & (last < self.ends[before])
        return within

    def first_in(self, cells: Array, stride: int) -> tuple[Array, Array]:
        """Returns the first occurrence in each of some cells.

        Args:
            cells: ascending.
            stride: the distance of two cells.

        Returns:
            The place of its first word in the paper, or -1; the number of its words.
        """
        if not len(self.starts):
            none = np.full(len(cells), -1, dtype=np.int32)
            return none, none
        found = np.searchsorted(self.starts, cells * stride)
        found = np.minimum(found, len(self.starts) - 1)
        inside = self.starts[found] // stride == cells
        places = np.where(inside, self.starts[found] % stride, -1)
        sizes = (self.ends - self.starts)[found]
        return places.astype(np.int32), sizes.astype(np.int32)


NO_SPANS = Spans(NONE, NONE, np.zeros(0))
