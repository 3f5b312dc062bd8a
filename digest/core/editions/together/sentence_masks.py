"""Finds keywords and words in the sentences of many papers at once.

The results are those of `digest.core.editions.paper_sentences.SentenceWords`, which has the definition.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from digest.core.batch_ranking.papers.text_arrays import padded, ranges
from digest.core.editions.paper_sentences import sentence_words
from digest.core.keywords.patterns import Pattern
from digest.core.text.tokens import TokenizedText
from digest.core.text.word_positions import word_positions

Array = Any

Wanted = Sequence[Sequence[Pattern]]
"""What to look for in a sentence: all patterns of at least one of these lists."""


class SentenceMasks:
    """The sentences of some papers. A set of sentences is a number: bit n is sentence n.

    Args:
        papers: the sentences of each, at most 63.
        language: of the words to look for.
    """

    def __init__(self, papers: Sequence[Sequence[str]], language: str) -> None:
        self._sentences = list(chain.from_iterable(papers))
        self._language = language
        counts = np.array([len(sentences) for sentences in papers], dtype=np.int64)
        self._ends = np.concatenate([[0], np.cumsum(counts)])  # of the sentences of each paper
        places = ranges(np.zeros(len(counts), dtype=np.int64), counts)
        self._bits = np.left_shift(np.int64(1), places)
        self._texts = word_positions(
            sentence_words(sentence, language).lemmas for sentence in self._sentences
        )

    def find(self, wanted: Sequence[Wanted], numbers: Array, papers: Array) -> Array:
        """Returns the sentences of papers that contain something.

        Args:
            wanted: what to look for.
            numbers: for each result, what to look for as its place in `wanted`.
            papers: for each result, the number of the paper.
        """
        lists = [parts for lists in wanted for parts in lists]
        patterns = [pattern for parts in lists for pattern in parts]
        list_of_pattern = np.repeat(np.arange(len(lists)), [len(parts) for parts in lists])
        list_ends = np.cumsum([0, *map(len, wanted)])
        ends = np.searchsorted(list_of_pattern, list_ends)
        counts = np.diff(ends)[numbers]
        rows = ranges(ends[numbers], counts)  # the patterns of all results
        owners = np.repeat(np.arange(len(numbers)), counts)
        masks = self._with(patterns, rows, papers[owners])
        is_first = np.ones(len(rows), dtype=np.bool_)
        is_first[1:] = owners[1:] != owners[:-1]
        is_list = is_first.copy()
        is_list[1:] |= list_of_pattern[rows[1:]] != list_of_pattern[rows[:-1]]
        found = np.zeros(len(numbers), dtype=np.int64)
        if len(rows):
            in_list = np.bitwise_and.reduceat(masks, np.flatnonzero(is_list))
            firsts = np.flatnonzero(is_first[is_list])
            found[owners[is_first]] = np.bitwise_or.reduceat(in_list, firsts)
        # A list without patterns asks for nothing.
        asks_nothing = np.array([not all(lists) for lists in wanted], dtype=np.bool_)[numbers]
        sizes = np.diff(self._ends)[papers[asks_nothing]]
        found[asks_nothing] = np.left_shift(np.int64(1), sizes) - 1
        return found

    def _with(self, patterns: Sequence[Pattern], rows: Array, papers: Array) -> Array:
        """Returns the sentences of papers with a pattern.

        Args:
            patterns: any.
            rows: for each result, the place of its pattern.
            papers: for each result, the number of the paper.
        """
        texts = self._texts
        known = texts.numbers.get
        listed = [
            [] if item.prefix else [known(lemma, -1) for lemma in item.lemmas] for item in patterns
        ]
        lemmas = padded([[] if -1 in row else row for row in listed])
        found = np.zeros(len(rows), dtype=np.int64)
        if lemmas.shape[1]:
            sizes = np.where(lemmas < 0, len(texts.words) + 1, np.diff(texts.ends)[lemmas])
            rarest = sizes.argmin(axis=1)
            some = np.flatnonzero(lemmas[rows, 0] >= 0)
            owners, starts = self._starts(lemmas[rows[some]], rarest[rows[some]], papers[some])
            owners = some[owners]
            is_special = [bool(item.capitals or item.surfaces) for item in patterns]
            kept = ~np.array(is_special, dtype=np.bool_)[rows[owners]]
            for place in np.flatnonzero(~kept).tolist():
                sentence = int(texts.texts[starts[place]])
                start = int(starts[place] - texts.starts[sentence])
                pattern = patterns[int(rows[owners[place]])]
                kept[place] = pattern.matches_surface(self._words(sentence), start)
            owners, bits = owners[kept], self._bits[texts.texts[starts[kept]]]
            if len(owners):
                firsts = np.flatnonzero(np.diff(owners, prepend=-1))
                found[owners[firsts]] = np.bitwise_or.reduceat(bits, firsts)
        has_prefix = np.array([item.prefix for item in patterns], dtype=np.bool_)
        for place in np.flatnonzero(has_prefix[rows]).tolist():
            first, end = self._ends[papers[place] : papers[place] + 2].tolist()
            for sentence in range(first, end):
                if patterns[int(rows[place])].positions(self._words(sentence)):
                    found[place] |= self._bits[sentence]
        return found

    def _starts(self, lemmas: Array, rarest: Array, papers: Array) -> tuple[Array, Array]:
        """Returns where lemmas follow each other within a sentence.

        Args:
            lemmas: the numbers of the lemmas of each row, -1 behind the shorter rows.
            rarest: for each row, the place of the lemma to search for first.
            papers: for each row, the paper to search.

        Returns:
            The row of each place, ascending, and the position of the first lemma.
        """
        texts, size = self._texts, len(self._texts.words)
        first = lemmas[np.arange(len(lemmas)), rarest] * np.int64(size)
        begins = np.searchsorted(texts.keys, first + texts.starts[self._ends[papers]])
        ends = np.searchsorted(texts.keys, first + texts.starts[self._ends[papers + 1]])
        owners = np.repeat(np.arange(len(lemmas)), ends - begins)
        found = texts.by_lemma[ranges(begins, ends - begins)]
        starts = found - rarest[owners]
        lengths = np.count_nonzero(lemmas >= 0, axis=1)[owners]
        sentences = texts.texts[found]
        inside = starts >= texts.starts[sentences]
        inside &= starts + lengths <= texts.starts[sentences + 1]
        owners, starts = owners[inside], starts[inside]
        for offset in range(lemmas.shape[1] if lemmas.shape[1] > 1 else 0):
            wanted = lemmas[owners, offset]
            # Behind the end of a shorter row, any word counts.
            kept = (wanted < 0) | (texts.words[np.minimum(starts + offset, size - 1)] == wanted)
            owners, starts = owners[kept], starts[kept]
        return owners, starts

    def _words(self, sentence: int) -> TokenizedText:
        return sentence_words(self._sentences[sentence], self._language)
