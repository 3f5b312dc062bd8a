"""Represents the texts of many papers as arrays of word numbers, to find phrases and near words.

A position is paper x stride + place of the word in the paper. The stride is so large that words of
two papers are never near each other.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.paper_index import PaperIndex
from digest.core.keywords.patterns import Pattern
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
        span: the number of positions.
        longest: the number of words and breaks in the longest paper.
        titles: the number of words and breaks in each title.
        numbers: of the lemmas.
        words: the number of the lemma at each position; -1 where there is none.
        positions: of the lemmas, ascending for each.
        starts: for each lemma, where its positions begin.
        ends: and where they end.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background
        self.papers = len(index.papers)
        texts = index.positions
        self.longest = int(np.diff(texts.starts).max(initial=0))
        self.stride = 2 * self.longest + 64
        self.titles = np.array([paper.words.title for paper in index.papers], dtype=np.int64)
        self.numbers = texts.numbers
        numbers = texts.texts.astype(np.int64)
        places = np.arange(len(texts.words)) - texts.starts[numbers] + numbers * self.stride
        self.words: Array = np.full(self.papers * self.stride, -1, dtype=np.int32)
        self.words[places] = texts.words
        self.positions = places[texts.by_lemma]
        self.starts, self.ends = texts.ends[:-1], texts.ends[1:]
        self.span = self.papers * self.stride

    def phrases(self, patterns: Sequence[Pattern]) -> tuple[Array, Array]:
        """Returns where patterns occur.

        Returns:
            The place of the pattern of each occurrence, ascending, and its position, ascending for
            each pattern.
        """
        found = [self._found_by_lemmas(patterns)]
        for owner, pattern in enumerate(patterns):
            if pattern.prefix:
                starts = [
                    number * self.stride + place
                    for number, places in self._index.occurrences(pattern)
                    for place in places
                ]
                found.append((np.full(len(starts), owner), np.array(starts, dtype=np.int64)))
        if len(found) == 1:
            return found[0]
        owners, positions = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.argsort(owners, kind="stable")
        return owners[order], positions[order]

    def _found_by_lemmas(self, patterns: Sequence[Pattern]) -> tuple[Array, Array]:
        """Returns where patterns without a star occur."""
        number, longest = self.numbers.get, self.longest
        listed = [
            [] if pattern.prefix else [number(word, -1) for word in pattern.lemmas]
            for pattern in patterns
        ]
        numbers = padded([[] if -1 in row or len(row) > longest else row for row in listed])
        owners = np.flatnonzero(numbers[:, 0] >= 0) if numbers.shape[1] else NONE
        sizes = np.where(numbers < 0, self.span, (self.ends - self.starts)[numbers])
        rarest = sizes[owners].argmin(axis=1) if len(owners) else NONE
        words = numbers[owners, rarest]
        counts = sizes[owners, rarest]
        positions = self.positions[ranges(self.starts[words], counts)]
        positions, owners = positions - np.repeat(rarest, counts), np.repeat(owners, counts)
        for offset in range(numbers.shape[1] if numbers.shape[1] > 1 else 0):
            wanted = numbers[owners, offset]
            kept = (wanted < 0) | (self.words[positions + offset] == wanted)
            positions, owners = positions[kept], owners[kept]
        is_special = np.array(
            [bool(pattern.title or pattern.capitals or pattern.surfaces) for pattern in patterns],
            dtype=np.bool_,
        )
        kept = ~is_special[owners]
        for place in np.flatnonzero(~kept).tolist():
            paper, start = divmod(int(positions[place]), self.stride)
            pattern = patterns[int(owners[place])]
            kept[place] = pattern.matches_surface(self._index.papers[paper].words, start)
        return owners[kept], positions[kept]

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
        count = len(self.numbers)
        firsts, seconds, of_first, of_second = self._background.pairs()
        number = self.numbers.get
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
        positions = self.positions[self.words[self.positions + 1] >= 0]
        pairs = self.words[positions].astype(np.int64) * count + self.words[positions + 1]
        before, after = (np.zeros(len(self.words), dtype=np.bool_) for _ in range(2))
        before[positions[np.isin(pairs, for_second)] + 1] = True
        after[positions[np.isin(pairs, for_first)]] = True
        return before, after


def ranges(begins: Array, counts: Array) -> Array:
    """Returns the numbers of some ranges, one range after the other.

    Args:
        begins: the first number of each.
        counts: how many numbers each has.
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    found: Array = np.arange(total) + np.repeat(begins - ends + counts, counts)
    return found


def padded(rows: Sequence[Sequence[int]]) -> Array:
    """Returns rows of numbers as an array, with -1 after the shorter ones."""
    width = max(map(len, rows), default=0)
    return np.array([[*row, *(-1,) * (width - len(row))] for row in rows], dtype=np.int64).reshape(
        len(rows), width
    )
