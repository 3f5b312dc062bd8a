"""Finds the words of papers for which they are near to keywords, once for all profiles."""

from collections import defaultdict
from functools import lru_cache

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array
from digest.core.ranking.corpus import PaperIndex
from digest.core.ranking.explanation import surfaces_of, written_words


class PaperWords:
    """The words of papers that are named for keywords; each is found once.

    Args:
        index: the papers.
        background: the table.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background
        self._words: dict[tuple[int, int], tuple[str, ...]] = {}
        self._surfaces = lru_cache(maxsize=None)(self._surfaces_of)

    def find(self, keywords: Array, papers: Array, vectors: Array) -> list[tuple[str, ...]]:
        """Returns the words for pairs of a keyword and a paper.

        Args:
            keywords: rows of the text features.
            papers: places in the index.
            vectors: of the text features.
        """
        pairs = list(zip(keywords.tolist(), papers.tolist(), strict=True))
        missing: defaultdict[int, dict[int, None]] = defaultdict(dict)
        for keyword, paper in pairs:
            if (keyword, paper) not in self._words:
                missing[paper][keyword] = None
        for paper, wanted in missing.items():
            rows = list(wanted)
            text = self._index.papers[paper].words
            terms, amounts = self._background.telling_terms(text.lemmas, vectors[rows])
            written = written_words(terms, amounts, self._surfaces(paper))
            for keyword, words in zip(rows, written, strict=True):
                self._words[keyword, paper] = words
        return [self._words[pair] for pair in pairs]

    def _surfaces_of(self, paper: int) -> dict[str, str]:
        return surfaces_of(self._index.papers[paper].words, self._background)
