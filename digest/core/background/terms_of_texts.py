"""Says for many texts which of their terms tell why their vectors are near to other ones.

`digest.core.background.text_terms` has the definition, for one text.
"""

from collections.abc import Sequence
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
        vectors = self.table[self.rows[part]].astype(np.float32)
        weights = self.weights[part]
        total = weights @ vectors
        length = float(np.sqrt(total @ total)) or 1.0
        lengths = np.maximum(1.0, np.sqrt((vectors * vectors).sum(axis=1)))
        products = others @ vectors.T
        nearness = np.maximum(0.0, products / lengths)
        shares = weights * products / length
        found: Array = shares * nearness * self.idf[part]
        return found
