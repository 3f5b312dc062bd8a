"""Says which terms of a text tell why its vector is near to other ones."""

from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct

Array = Any


class TextTerms(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """The terms of a text that have a vector."""

    names: list[str]
    pairs: Array  # the places of those that are pairs
    words_of_pairs: Array  # the places of the two words of each; that after the last: of no term
    weights: Array
    rows: Array  # in the table
    table: Array  # int8: the vectors of its terms, as rows
    idf: Array
    length: float  # of the sum of the weighted vectors

    def shares(self, others: Array) -> Array:
        """Returns what each term adds to the products of the text's vector with other ones.

        Args:
            others: other vectors, as rows.

        Returns:
            Terms by vectors. The amounts can be below 0.
        """
        products = self._vectors @ others.T.astype(np.float32)
        return self.weights[:, None] * products / self.length

    def telling(self, others: Array) -> Array:
        """Returns how much each term tells of why the text's vector is near to other ones.

        This is what the term adds, times its own nearness (the cosine) and its rarity: a word that
        is everywhere, or is about something else, explains nothing.

        Args:
            others: other vectors, as rows.

        Returns:
            Terms by vectors. The amounts can be below 0.
        """
        products = self._vectors @ others.T.astype(np.float32)
        nearness = np.maximum(0.0, products / self._lengths[:, None])
        shares = self.weights[:, None] * products / self.length
        return shares * nearness * self.idf[:, None]

    @property
    def _vectors(self) -> Array:
        """The vectors, float32. They are not kept: there may be the terms of thousands of texts."""
        return self.table[self.rows].astype(np.float32)

    @cached_property
    def _lengths(self) -> Array:
        """The lengths of the vectors."""
        vectors = self._vectors
        return np.maximum(1.0, np.sqrt((vectors * vectors).sum(axis=1)))
