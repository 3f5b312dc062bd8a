"""Finds each lemma in many texts, with arrays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.text.terms import ADDRESS_STARTS, ADDRESS_WORDS
from digest.core.text.tokens import BREAK

Array = Any


class WordPositions(Struct, frozen=True, eq=False, kw_only=True, dict=True):
    """The lemmas of some texts, one text after the other.

    A position is a place in this sequence.
    """

    numbers: Mapping[str, int]  # the number of each lemma, from 0; in the order of the mapping
    words: Array  # int32: the number of the lemma at each position
    starts: Array  # the position at which each text begins, and the end of the last one

    @cached_property
    def texts(self) -> Array:
        """The number of the text at each position."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    def of(self, lemma: str) -> Array:
        """Returns the positions of a lemma, ascending."""
        number = self.numbers.get(lemma)
        if number is None:
            return np.zeros(0, dtype=np.int64)
        return self.by_lemma[self.ends[number] : self.ends[number + 1]]

    @cached_property
    def keys(self) -> Array:
        """For each of `by_lemma`: the number of the lemma x the number of positions + the position.

        They are ascending, so a binary search finds the positions of a lemma in one text.
        """
        keys: Array = self.words[self.by_lemma] * np.int64(len(self.words)) + self.by_lemma
        return keys

    def by_text(self, lemma: str) -> dict[int, list[int]]:
        """Returns for each text with a lemma, ascending, its positions in the text."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        positions = self.of(lemma)
        numbers = self.texts[positions]
        places = positions - self.starts[numbers]
        for number, place in zip(numbers.tolist(), places.tolist(), strict=True):
            found[number].append(place)
        return found

    def texts_with(self, lemma: str) -> list[int]:
        """Returns the numbers of the texts that contain a lemma, ascending."""
        return list(dict.fromkeys(self.texts[self.of(lemma)].tolist()))

    def text_counts(self) -> dict[str, int]:
        """Returns for each lemma the number of texts that contain it."""
        firsts = self.by_lemma[self.begins]
        counts = np.bincount(self.words[firsts], minlength=len(self.numbers))
        return dict(zip(self.numbers, counts.tolist(), strict=True))

    @cached_property
    def in_address(self) -> Array:
        """Whether each position is part of a web address, as for `terms.without_addresses`."""
        found = np.zeros(len(self.words), dtype=np.bool_)
        is_break = self.words == self.numbers.get(BREAK, -1)
        for start in np.flatnonzero(self.among(ADDRESS_STARTS)).tolist():
            end = min(start + ADDRESS_WORDS, int(self.starts[self.texts[start] + 1]))
            breaks = np.flatnonzero(is_break[start:end])
            found[start : start + int(breaks[0]) if len(breaks) else end] = True
        return found

    def among(self, lemmas: Iterable[str]) -> Array:
        """Returns whether the lemma at each position is one of these."""
        wanted = np.zeros(len(self.numbers), dtype=np.bool_)
        wanted[[self.numbers[lemma] for lemma in lemmas if lemma in self.numbers]] = True
        return wanted[self.words]

    @cached_property
    def by_lemma(self) -> Array:
        """The positions, by the number of their lemma; those of a lemma ascend."""
        # Numbers of 16 bits are sorted in linear time.
        few = len(self.numbers) <= 1 << 16
        return np.argsort(self.words.astype(np.uint16) if few else self.words, kind="stable")

    @cached_property
    def begins(self) -> Array:
        """Where another text, or another lemma, begins in `by_lemma`."""
        numbers = self.texts[self.by_lemma]
        is_first = np.ones(len(numbers), dtype=np.bool_)
        is_first[1:] = numbers[1:] != numbers[:-1]
        is_first[self.ends[:-1]] = True
        return np.flatnonzero(is_first)

    @cached_property
    def ends(self) -> Array:
        """Where the positions of each lemma begin in `by_lemma`, and where the last ones end."""
        counts = np.bincount(self.words, minlength=len(self.numbers))
        return np.concatenate([[0], np.cumsum(counts)])


def word_positions(texts: Iterable[Sequence[str]]) -> WordPositions:
    """Numbers the lemmas of texts.

    Args:
        texts: the lemmas of each, with breaks.
    """
    kept = list(texts)
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    starts = np.cumsum([0, *map(len, kept)])
    found = map(numbers.__getitem__, chain.from_iterable(kept))
    words = np.fromiter(found, dtype=np.int32, count=int(starts[-1]))
    numbers.default_factory = None
    return WordPositions(numbers=numbers, words=words, starts=starts)
