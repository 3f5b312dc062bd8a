"""Finds the terms of texts that have a vector in a background table, in many texts at once."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import numpy as np

from digest.core.text.terms import without_addresses

Array = Any


class TermRows:
    """The terms of `term_counts` that have a vector, as rows of the table.

    A pair is looked up by the rows of its two words: they are at least as frequent as the pair, so they
    have vectors too.

    Args:
        terms: the terms with a vector, by row.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = terms
        # Apart from the pairs: most time goes into these look-ups, and a small table is faster.
        self._words = {term: row for row, term in enumerate(terms) if " " not in term}
        self._without = len(terms)  # stands for a word without a vector

    def known(self, words: Sequence[str]) -> int:
        """Returns how many of some words have a vector."""
        return sum(map(self._words.__contains__, words))

    def of(self, texts: Sequence[Sequence[str]]) -> tuple[Array, Array]:
        """Returns the rows of the terms in texts.

        Args:
            texts: the lemmas of each, with breaks.

        Returns:
            A row for each occurrence of a term, in the order in which they stand, and the number of
            the text of each.
        """
        kept = [without_addresses(text) for text in texts]
        found = map(self._words.get, chain.from_iterable(kept), repeat(self._without))
        words = np.minimum(np.fromiter(found, dtype=np.int64), self._without)
        numbers = np.repeat(np.arange(len(kept)), list(map(len, kept)))
        # Each word, and then the pair of it with the word before.
        rows = np.full((len(words), 2), self._without)
        rows[:, 0] = words
        if len(words):
            rows[1:, 1] = self._pairs(words[:-1], words[1:], numbers[:-1] == numbers[1:])
        known = rows < self._without
        return rows[known], np.repeat(numbers, 2).reshape(-1, 2)[known]

    def _pairs(self, first: Array, second: Array, neighbours: Array) -> Array:
        """Returns the row of each pair of words that are neighbours."""
        keys, rows = self._pair_keys
        both = neighbours & (first < self._without) & (second < self._without)
        # A key that no pair has, where there is no pair.
        wanted = np.where(both, first * self._without + second, -1)
        places = np.searchsorted(keys, wanted)
        return np.where(keys[places] == wanted, rows[places], self._without)

    @cached_property
    def _pair_keys(self) -> tuple[Array, Array]:
        """The pairs as one number each, ascending, and their rows."""
        row_of, without = self._words.get, self._without
        # The last key is larger than any other, so that each search ends at a key.
        found = [(without, 0, without)]
        for row, term in enumerate(self._terms):
            if " " in term:
                first, second = term.split(" ", 1)
                found.append((row_of(first, without), row_of(second, without), row))
        first_rows, second_rows, rows = np.array(found, dtype=np.int64).T
        # With a rare word a key is never looked for, but it could be that of another pair.
        usable = (first_rows < without) & (second_rows < without)
        usable[0] = True
        keys = (first_rows * without + second_rows)[usable]
        order = np.argsort(keys)
        return keys[order], rows[usable][order]
