"""Represents the texts of many papers as arrays of word numbers, to find phrases and near words.

A position is paper x stride + place of the word in the paper. The stride is so large that words of
two papers are never near each other.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.patterns import Pattern
from digest.core.ranking.corpus import PaperIndex
from digest.core.ranking.keyword_score import NESTED_SHARE
from digest.core.text.tokens import BREAK, STOP_WORDS

NONE: Array = np.zeros(0, dtype=np.int64)

_SEPARATORS = STOP_WORDS | {BREAK}

MOST_POSITIONS = 50_000_000
"""Longer texts are not represented so: the arrays would take too much memory."""


class TextArrays:
    """The words of the papers of an index.

    Args:
        index: the papers.
        background: the table, which knows common longer phrases.

    Attributes:
        papers: the number of papers.
        stride: the distance of the first words of two papers.
        titles: the number of words and breaks in each title.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background
        self.papers = len(index.papers)
        texts = index.positions
        self._longest = int(np.diff(texts.starts).max(initial=0))
        self.stride = 2 * self._longest + 64
        self.titles = np.array([paper.words.title for paper in index.papers], dtype=np.int64)
        self._numbers = texts.numbers
        numbers = texts.texts.astype(np.int64)
        places = np.arange(len(texts.words)) - texts.starts[numbers] + numbers * self.stride
        self._words: Array = np.full(self.papers * self.stride, -1, dtype=np.int32)
        self._words[places] = texts.words
        self._positions = places[texts.by_lemma]
        self._starts = texts.ends
        self._of_several: dict[frozenset[str], Array] = {}
        self._counts: dict[frozenset[str], Array] = {}

    def of(self, word: str) -> Array:
        """Returns the positions of a lemma, ascending."""
        number = self._numbers.get(word)
        if number is None:
            return NONE
        positions: Array = self._positions[self._starts[number] : self._starts[number + 1]]
        return positions

    def of_any(self, words: frozenset[str]) -> Array:
        """Returns the positions of several lemmas, ascending."""
        if len(words) == 1:
            return self.of(*words)
        found = self._of_several.get(words)
        if found is None:
            found = np.sort(np.concatenate([self.of(word) for word in words]))
            self._of_several[words] = found
        return found

    def counts(self, words: frozenset[str]) -> Array:
        """Returns how often any of several lemmas stands in each paper."""
        found = self._counts.get(words)
        if found is None:
            found = np.bincount(self.of_any(words) // self.stride, minlength=self.papers)
            found = self._counts[words] = found.astype(np.int32)
        return found

    def phrase(self, pattern: Pattern) -> Array:
        """Returns the positions where a pattern occurs, ascending."""
        if pattern.prefix:
            found = [
                number * self.stride + place
                for number, places in self._index.occurrences(pattern)
                for place in places
            ]
            return np.array(found, dtype=np.int64)
        numbers = [self._numbers.get(word, -1) for word in pattern.lemmas]
        if -1 in numbers or len(numbers) > self._longest:
            return NONE
        sizes = [self._starts[number + 1] - self._starts[number] for number in numbers]
        rarest = int(np.argmin(sizes)) if len(sizes) > 1 else 0
        number = numbers[rarest]
        positions: Array = self._positions[self._starts[number] : self._starts[number + 1]]
        positions = positions - rarest
        if rarest:
            positions = positions[positions >= 0]
        for offset, number in enumerate(numbers):
            if offset != rarest:
                positions = positions[self._words[positions + offset] == number]
        if pattern.title:
            places = positions % self.stride
            positions = positions[places + len(numbers) <= self.titles[positions // self.stride]]
        if pattern.capitals or pattern.surfaces:
            texts = self._index.papers
            kept = [
                pattern.matches_surface(texts[paper].words, place)
                for paper, place in zip(
                    (positions // self.stride).tolist(),
                    (positions % self.stride).tolist(),
                    strict=True,
                )
            ]
            positions = positions[np.array(kept, dtype=np.bool_)]
        return positions

    def agree(self, positions: Array, words: Sequence[frozenset[str]], but: Sequence[str]) -> Array:
        """Returns the positions from which each word is one of a set; not where all are given ones.

        Args:
            positions: of the first words.
            words: for each following word the lemmas that it may be.
            but: these lemmas themselves do not count.
        """
        if len(words) > self._longest:
            return NONE
        same = np.ones(len(positions), dtype=np.bool_)
        for offset, (wanted, not_all) in enumerate(zip(words, but, strict=True)):
            found = self._words[positions + offset]
            if offset:
                kept = np.zeros(len(found), dtype=np.bool_)
                for word in wanted:  # a few, so this is faster than `numpy.isin`
                    if (number := self._numbers.get(word)) is not None:
                        kept |= found == number
                positions, same, found = positions[kept], same[kept], found[kept]
            same &= found == self._numbers.get(not_all, -2)
        return positions[~same]

    def nested(self, starts: Array, ends: Array) -> tuple[Array, Array]:
        """Returns for occurrences whether they are parts of common longer phrases.

        Args:
            starts: the positions of their first words.
            ends: the positions after their last words.

        Returns:
            Whether the word before belongs to such a phrase, and whether the word after does.
        """
        before, after = self._nested
        return before[starts], after[ends - 1]

    @cached_property
    def _nested(self) -> tuple[Array, Array]:
        """For each position, whether the word before, and the word after, makes a longer phrase."""
        count = len(self._numbers)
        firsts, seconds, of_first, of_second = self._background.pairs()
        number = self._numbers.get
        ones = np.array([number(word, -1) for word in firsts], dtype=np.int64)
        others = np.array([number(word, -1) for word in seconds], dtype=np.int64)
        is_here = (ones >= 0) & (others >= 0)
        pairs_of_table = ones * count + others
        # Separators are no part of a phrase that counts.
        first_counts, second_counts = (
            np.array([word not in _SEPARATORS for word in words], dtype=np.bool_)
            for words in (firsts, seconds)
        )
        for_second = pairs_of_table[is_here & first_counts & (of_second >= NESTED_SHARE)]
        for_first = pairs_of_table[is_here & second_counts & (of_first >= NESTED_SHARE)]
        positions = self._positions[self._words[self._positions + 1] >= 0]
        pairs = self._words[positions].astype(np.int64) * count + self._words[positions + 1]
        before, after = (np.zeros(len(self._words), dtype=np.bool_) for _ in range(2))
        before[positions[np.isin(pairs, for_second)] + 1] = True
        after[positions[np.isin(pairs, for_first)]] = True
        return before, after
