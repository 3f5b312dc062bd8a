"""Says for many texts which of their terms tell why their vectors are near to other ones.

`digest.core.background.text_terms` has the definition, for one text.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct

Array = Any


class TermsOfTexts(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """The terms of some texts that have a vector, one text after the other.

    Each term is there once, in the order in which its text has them.
    """

    names: Sequence[str]  # of all terms of the table
    table: Array  # int8: the vectors of its terms, as rows
    rows: Array  # of the terms of the texts, in the table
    ends: Array  # where the terms of each text begin, and where those of the last one end
    pairs: Array  # the places of those that are pairs, ascending
    words_of_pairs: Array  # the places of the two words of each; that after the last: of no term
    weights: Array
    idf: Array

    def telling(self, text: int, others: Array) -> Array:
        """Returns what `TextTerms.telling` returns for one text, but vectors by terms.

        Args:
            text: its number.
            others: other vectors, as rows, float32.
        """
        part = slice(int(self.ends[text]), int(self.ends[text + 1]))
        vectors = self.table.take(self.rows[part], axis=0).astype(np.float32)
        weights = self.weights[part]
        # A text is asked about many times; its lengths take longer than the products.
        if not self._lengths_of_texts[text]:
            total = weights @ vectors
            self._lengths_of_texts[text] = float(np.sqrt(total @ total)) or 1.0
            self._lengths[part] = np.maximum(1.0, np.sqrt((vectors * vectors).sum(axis=1)))
        products = others @ vectors.T
        nearness = products / self._lengths[part]
        np.maximum(0.0, nearness, out=nearness)
        found: Array = weights * products
        found /= self._lengths_of_texts[text]
        found *= nearness
        found *= self.idf[part]
        return found

    @cached_property
    def _lengths(self) -> Array:
        """The length of the vector of each term, at least 1; set when its text is first asked about."""
        return np.zeros(len(self.rows), dtype=np.float32)

    @cached_property
    def _lengths_of_texts(self) -> Array:
        """The length of the vector of each text; 0 if it was not asked about."""
        return np.zeros(len(self.ends) - 1)
