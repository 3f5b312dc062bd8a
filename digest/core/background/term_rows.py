"""Finds the terms of texts that have a vector in a background table, in many texts at once."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.text.word_positions import WordPositions

Array = Any


class TextRows(Struct, frozen=True, eq=False):
    """The terms of some texts that have a vector, as rows of the table.

    Each term is repeated as often as the text has it, in the order of the text.
    """

    rows: Array  # int32, one text after the other
    ends: Array  # where the rows of each text begin, and where those of the last one end

    def of(self, text: int) -> Array:
        """Returns the rows of one text."""
        return self.rows[self.ends[text] : self.ends[text + 1]]

    @property
    def texts(self) -> Array:
        """The number of the text of each row."""
        return np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))

    def parts(self, size: int) -> Iterator["TextRows"]:
        """Yields the same texts, so many at once."""
        for first in range(0, len(self.ends) - 1, size):
            ends = self.ends[first : first + size + 1]
            yield TextRows(self.rows[ends[0] : ends[-1]], ends - ends[0])


class TermRows:
    """The terms of `term_counts` that have a vector, as rows of the table.

    A pair is looked up by the rows of its two words: they are at least as frequent as the pair, so they
    have vectors too.

    Args:
        terms: the terms with a vector, by row.

    Attributes:
        without: stands for the row of a word without a vector.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = terms
        # Apart from the pairs: most time goes into these look-ups, and a small table is faster.
        self._words = {term: row for row, term in enumerate(terms) if " " not in term}
        self.without = len(terms)

    def of_words(self, texts: WordPositions) -> Array:
        """Returns the row of the lemma at each position.

        Without a vector, and in web addresses, it is `without`.
        """
        row_of = self._words.get
        rows = [row_of(lemma, self.without) for lemma in texts.numbers]
        return np.where(texts.in_address, self.without, np.array(rows, dtype=np.int64)[texts.words])

    def of(self, texts: WordPositions) -> TextRows:
        """Returns the rows of the terms in texts: each word, and then the pair that it ends."""
        words = self.of_words(texts)
        has_row, numbers = words < self.without, texts.texts
        ends_pair = np.flatnonzero(has_row[:-1] & has_row[1:] & (numbers[:-1] == numbers[1:])) + 1
        rows = np.full((len(words), 2), self.without, dtype=np.int32)
        rows[:, 0] = words
        rows[ends_pair, 1] = self._pairs(words[ends_pair - 1], words[ends_pair])
        known = rows < self.without
        counts = np.bincount(numbers, weights=known.sum(axis=1), minlength=len(texts.starts) - 1)
        return TextRows(rows[known], np.concatenate([[0], np.cumsum(counts.astype(np.int64))]))

    def _pairs(self, first: Array, second: Array) -> Array:
        """Returns the row of each pair of words."""
        keys, rows = self._pair_keys
        wanted = first * self.without + second
        places = np.searchsorted(keys, wanted)
        return np.where(keys[places] == wanted, rows[places], self.without)

    def words_of_pairs(self, rows: Array) -> Array:
        """Returns the rows of the two words of each of some terms; -1 for those that are no pairs."""
        words: Array = self._words_of_pairs[rows]
        return words

    @cached_property
    def _words_of_pairs(self) -> Array:
        words = np.full((len(self._terms), 2), -1, dtype=np.int32)
        pairs = [row for row, term in enumerate(self._terms) if " " in term]
        # Split and looked up all at once, in half of the time.
        parts = " ".join([self._terms[row] for row in pairs]).split(" ") if pairs else []
        found = map(self._words.get, parts, repeat(self.without))
        words[pairs] = np.fromiter(found, dtype=np.int32, count=2 * len(pairs)).reshape(-1, 2)
        return words

    @cached_property
    def _pair_keys(self) -> tuple[Array, Array]:
        """The pairs as one number each, ascending, and their rows."""
        without = self.without
        pairs = np.flatnonzero(self._words_of_pairs[:, 0] >= 0)
        # The last key is larger than any other, so that each search ends at a key.
        first_rows, second_rows = np.concatenate(
            [np.array([[without, 0]]), self._words_of_pairs[pairs]]
        ).T
        rows = np.concatenate([[without], pairs])
        # With a rare word a key is never looked for, but it could be that of another pair.
        usable = (first_rows < without) & (second_rows < without)
        usable[0] = True
        keys = (first_rows * without + second_rows)[usable]
        order = np.argsort(keys)
        return keys[order], rows[usable][order]
