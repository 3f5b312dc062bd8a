"""Joins the texts of many packed entries at once, from pieces that entries share."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.sparse_products import Array
from digest.store.database.column_types import numbers_to_json
from digest.store.editions.serialization import POINT_DIGITS

_UNITS = 10**POINT_DIGITS


def texts(items: Sequence[str]) -> Array:
    """Returns texts as an array of objects."""
    found = np.empty(len(items), dtype=object)
    found[:] = items
    return found


_WHOLE = texts([f"{number}." for number in range(101)])
_DECIMALS = texts([f"{number:0{POINT_DIGITS}}" for number in range(_UNITS)])
_PIECES = 4  # of a match


class EntryPieces(Struct, frozen=True, kw_only=True, eq=False):
    """What entries consist of: arrays of texts, apart from the numbers.

    The first ones have an element for each entry, the last ones for each match, entry by entry.
    """

    before: Array  # the score
    scores: Array  # float64
    between: Array  # the score and the matches
    after: Array  # the matches
    sentences: Array
    owners: Array  # the number of the entry of each match, ascending
    starts: Array  # with a comma before each
    points: Array  # float64
    ends: Array

    def joined(self) -> list[str]:
        """Returns the entries."""
        pieces = np.empty((len(self.owners), _PIECES), dtype=object)
        pieces[:, 0] = self.starts
        pieces[:, 1], pieces[:, 2] = _rounded(self.points)
        pieces[:, 3] = self.ends
        listed, join = pieces.reshape(-1).tolist(), "".join
        counts = np.bincount(self.owners, minlength=len(self.before))
        ends = [0, *(_PIECES * np.cumsum(counts)).tolist()]
        return [
            f"{before}{score}{between}{join(listed[begin:end])[1:]}{after}{sentences}"
            for before, score, between, begin, end, after, sentences in zip(
                self.before.tolist(),
                numbers_to_json(self.scores.tolist()),
                self.between.tolist(),
                ends[:-1],
                ends[1:],
                self.after.tolist(),
                self.sentences.tolist(),
                strict=True,
            )
        ]


def _rounded(values: Array) -> tuple[Array, Array]:
    """Returns values with `POINT_DIGITS` decimals: the text up to the point, and the decimals."""
    is_usual = (values > 0.0) & (values <= 100.0)
    scaled = np.where(is_usual, values, 0.0) * _UNITS
    nearest = np.rint(scaled)
    whole, decimals = np.divmod(nearest.astype(np.int64), _UNITS)
    found = _WHOLE[whole], _DECIMALS[decimals]
    # Near the middle of two numbers, the product may be rounded to the wrong side.
    is_sure = is_usual & (np.abs(scaled - nearest) < 0.4999)
    for place in np.flatnonzero(~is_sure).tolist():
        found[0][place], found[1][place] = f"{values[place]:.{POINT_DIGITS}f}", ""
    return found
