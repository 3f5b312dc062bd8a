"""Joins the texts of many packed entries at once, from pieces that entries share."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.sparse_products import Array
from digest.store.editions.serialization import POINT_DIGITS

_UNITS = 10**POINT_DIGITS


def texts(items: Sequence[str]) -> Array:
    """Returns texts as an array of objects."""
    found = np.empty(len(items), dtype=object)
    found[:] = items
    return found


_WHOLE = texts([f"{number}." for number in range(101)])
_DECIMALS = texts([f"{number:0{POINT_DIGITS}}" for number in range(_UNITS)])
_SEPARATORS = texts(["", ","])

_PIECES = 5  # of a match, and of the rest of an entry


class EntryPieces(Struct, frozen=True, kw_only=True, eq=False):
    """What entries consist of: arrays of texts, apart from the numbers.

    The first ones have an element for each entry, the last ones for each match, entry by entry.
    """

    before: Array  # the score
    scores: Sequence[float]
    between: Array  # the score and the matches
    after: Array  # the matches
    sentences: Array
    owners: Array  # the number of the entry of each match, ascending
    starts: Array
    points: Array  # float64
    ends: Array

    def joined(self) -> list[str]:
        """Returns the entries."""
        owners, count = self.owners, len(self.before)
        sizes = _PIECES * (1 + np.bincount(owners, minlength=count))
        ends = np.cumsum(sizes)
        begins = ends - sizes
        pieces = np.empty(_PIECES * (count + len(owners)), dtype=object)
        pieces[begins] = self.before
        pieces[begins + 1] = texts(list(map(repr, self.scores)))
        pieces[begins + 2] = self.between
        pieces[ends - 2] = self.after
        pieces[ends - 1] = self.sentences
        places = _PIECES * (np.arange(len(owners)) + owners) + 3
        is_next = np.zeros(len(owners), dtype=np.int64)
        is_next[1:] = owners[1:] == owners[:-1]
        pieces[places] = _SEPARATORS[is_next]
        pieces[places + 1] = self.starts
        pieces[places + 2], pieces[places + 3] = _rounded(self.points)
        pieces[places + 4] = self.ends
        listed = pieces.tolist()
        join = "".join
        return [
            join(listed[begin:end])
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
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
