"""Finds the words of papers for which they are near to keywords, once for all profiles."""

from collections import defaultdict
from functools import lru_cache

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking.corpus import PaperIndex
from digest.core.ranking.explanation import NearWords

MOST_KEPT = 100_000
"""The words for so many pairs of a keyword and a paper are kept: about 20 MB."""


class PaperWords:
    """The words of papers that are named for keywords; each is found once.

    Args:
        index: the papers.
        background: the table.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background
        self._words: dict[int, tuple[str, ...]] = {}  # by keyword x number of papers + paper
        self._near_words = lru_cache(maxsize=None)(self._near_words_of)

    def find(self, keywords: Array, papers: Array, vectors: Array) -> list[tuple[str, ...]]:
        """Returns the words for pairs of a keyword and a paper.

        Args:
            keywords: rows of the text features.
            papers: places in the index.
            vectors: of the text features.
        """
        if len(self._words) > MOST_KEPT:
            self._words.clear()
        width = len(self._index.papers)
        pairs = (keywords * width + papers).tolist()
        missing: defaultdict[int, dict[int, None]] = defaultdict(dict)
        for pair in pairs:
            if pair not in self._words:
                missing[pair % width][pair // width] = None
        for paper, wanted in missing.items():
            rows = list(wanted)
            written = self._near_words(paper).of(vectors[rows])
            for keyword, words in zip(rows, written, strict=True):
                self._words[keyword * width + paper] = words
        return [self._words[pair] for pair in pairs]

    def _near_words_of(self, paper: int) -> NearWords:
        rows = self._index.topical_rows(self._background).of(paper)
        return NearWords(self._index.papers[paper].words, rows, self._background)
