"""Finds how papers write terms of the background table: many terms of many papers at once."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.papers.text_arrays import ranges
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.explanation import longer_names, plainer, without_possessive


class TermSurfaces:
    """How the papers of an index write terms, as `digest.core.ranking.explanation` names them.

    Args:
        index: the papers.
        background: the table, which knows longer names.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background

    def of(self, papers: Array, numbers: Array, terms: Sequence[str]) -> list[str]:
        """Returns terms as papers write them.

        Args:
            papers: places in the index.
            numbers: for each of these papers the place of a term in `terms`.
            terms: words, and pairs of words; they occur in their papers.
        """
        texts = self._index.positions
        size = np.int64(len(texts.words))
        words = [term.split(" ") for term in terms]
        first, last = (
            np.array([texts.numbers[parts[end]] for parts in words], dtype=np.int64)[numbers]
            for end in (0, -1)
        )
        begins = np.searchsorted(texts.keys, first * size + texts.starts[papers])
        counts = np.searchsorted(texts.keys, first * size + texts.starts[papers + 1]) - begins
        owners = np.repeat(np.arange(len(papers)), counts)
        positions = texts.by_lemma[ranges(begins, counts)]
        # Of a pair, the second word comes after the first one, in the same paper.
        is_pair = np.array([len(parts) > 1 for parts in words], dtype=np.bool_)
        after = positions + is_pair[numbers][owners]
        inside = after < texts.starts[papers + 1][owners]
        after[~inside] = 0
        kept = inside & (texts.words[after] == last[owners])
        owners, places = owners[kept], (positions - texts.starts[papers][owners])[kept].tolist()
        ends = np.searchsorted(owners, np.arange(len(papers) + 1)).tolist()
        return [
            self._written(paper, words[number], places[begin:end])
            for paper, number, (begin, end) in zip(
                papers.tolist(), numbers.tolist(), pairwise(ends), strict=True
            )
        ]

    def _written(self, paper: int, parts: Sequence[str], places: Sequence[int]) -> str:
        """Returns a term as a paper writes it at some places."""
        words = self._index.papers[paper].words
        surfaces, alone = words.surfaces, without_possessive
        if len(parts) == 1:
            for place in places:
                if (word := alone[surfaces[place]]).islower():
                    return word
            return alone[surfaces[places[0]]]
        text: str | None = None
        for place in places:
            text = plainer(text, f"{alone[surfaces[place]]} {alone[surfaces[place + 1]]}")
        if self._background.long_forms_with((parts[0], parts[1])):
            for place in places:
                for name in longer_names(words, place, self._background):
                    text = plainer(text, name)
        return text or " ".join(parts)
