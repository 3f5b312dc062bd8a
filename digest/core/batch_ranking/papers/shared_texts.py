"""Finds keywords once in the papers of several indexes, most of which are the same papers.

The papers of a day are usually among the newest stored ones. What a keyword adds to a paper depends on
the paper and the statistics alone, so it is computed once for both.
"""

from collections.abc import Sequence
from functools import cached_property
from operator import is_

import numpy as np

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.papers.direct_evidence import DirectEvidence, KeywordPapers
from digest.core.batch_ranking.papers.text_arrays import MOST_POSITIONS, TextArrays
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.patterns import Pattern, pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import compile_keyword, keyword_forms
from digest.core.text.tokens import TokenizedText


class SharedTexts:
    """The different texts of some indexes.

    Args:
        indexes: the papers, those of the corpus among them. Papers are the same if they share their
            tokenized text.
        background: the table, which knows common longer phrases.
    """

    def __init__(self, indexes: Sequence[PaperIndex], background: BackgroundTable) -> None:
        different: dict[int, TokenizedPaper] = {}
        # The largest first: it often has all the papers, and then its words need not be read again.
        self._largest = max(indexes, key=lambda index: len(index.papers))
        for index in (self._largest, *indexes):
            for paper in index.papers:
                different.setdefault(id(paper.words), paper)
        self._places = {key: place for place, key in enumerate(different)}
        self._papers = tuple(different.values())
        self._background = background
        self._found: dict[Keyword, KeywordPapers] = {}
        self._earlier: dict[Keyword, KeywordPapers] = {}  # not used since `forget_unused`

    @property
    def papers(self) -> int:
        """The number of different papers."""
        return len(self._papers)

    @cached_property
    def usable(self) -> bool:
        """Whether the texts are short enough for arrays."""
        longest = max((len(paper.words.lemmas) for paper in self._papers), default=0)
        return (2 * longest + 64) * len(self._papers) <= MOST_POSITIONS

    @cached_property
    def titles(self) -> Array:
        """The number of words and breaks in the title of each of the different papers."""
        return np.array([paper.words.title for paper in self._papers], dtype=np.int64)

    def words(self, place: int) -> TokenizedText:
        """Returns the text of one of the different papers."""
        return self._papers[place].words

    def places(self, index: PaperIndex) -> Array:
        """Returns the place of each paper of an index among the different papers."""
        places = [self._places[id(paper.words)] for paper in index.papers]
        return np.array(places, dtype=np.int64)

    def of(self, keywords: Sequence[Keyword], corpus: Corpus) -> list[KeywordPapers]:
        """Returns what each keyword adds to each of the different papers that it matches.

        Args:
            keywords: of a weight of 1.
            corpus: always the same.
        """
        missing: list[Keyword] = []
        for keyword in dict.fromkeys(keywords):
            if keyword not in self._found:
                known = self._earlier.pop(keyword, None)
                if known is None:
                    missing.append(keyword)
                else:
                    self._found[keyword] = known
        if missing:
            # Nearly all keywords are known to the table, which has counted them.
            unknown = (
                keyword
                for keyword in missing
                if not corpus.background.knows(pattern(keyword).lemmas)
            )
            corpus.count_with(
                self._counts,
                ([form.pattern for form in keyword_forms(item, corpus)] for item in unknown),
            )
            compiled = [compile_keyword(keyword, corpus) for keyword in missing]
            self._found.update(zip(missing, self._evidence.of(compiled), strict=True))
        return [self._found[keyword] for keyword in keywords]

    def forget_unused(self) -> None:
        """Forgets the keywords that were not asked for since the last call."""
        self._earlier, self._found = self._found, {}

    def _counts(self, index: PaperIndex, patterns: Sequence[Pattern]) -> list[int]:
        """Returns how many papers of an index contain each of some patterns."""
        owners, positions = self._arrays.phrases(patterns)
        cells = np.unique(owners * self.papers + positions // self._arrays.stride)
        patterns_with, texts = np.divmod(cells, max(1, self.papers))
        # Papers with the same text share it.
        papers = np.bincount(self.places(index), minlength=self.papers)
        counts = np.bincount(patterns_with, weights=papers[texts], minlength=len(patterns))
        found: list[int] = counts.astype(np.int64).tolist()
        return found

    @cached_property
    def _index(self) -> PaperIndex:
        every, largest = self._papers, self._largest.papers
        if len(every) == len(largest) and all(map(is_, every, largest)):
            return self._largest
        return PaperIndex(every)

    @cached_property
    def _arrays(self) -> TextArrays:
        return TextArrays(self._index, self._background)

    @cached_property
    def _evidence(self) -> DirectEvidence:
        return DirectEvidence(self._index, self._arrays)
