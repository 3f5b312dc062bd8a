"""Holds what the keywords of all profiles have to do with the papers of a day: it is computed once.

The vocabulary grows as profiles are added. Everything that depends on a keyword and a paper alone
is kept here, so the next profiles with the same keywords cost nothing for it.
"""

from functools import cached_property

import numpy as np

from digest.core.batch_ranking.dense_topical import KeywordRows
from digest.core.batch_ranking.exact_sums import RaisedPapers
from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import Vocabulary
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus, PaperIndex


class PreparedPapers:
    """The papers to rank on a day, for any number of profiles in one language.

    Args:
        index: the papers to rank.
        corpus: the stored papers.

    Attributes:
        vocabulary: the features of all profiles so far.
        papers: what each feature adds to each paper.
        keywords: the text features, compiled against the background table.
    """

    def __init__(self, index: PaperIndex, corpus: Corpus) -> None:
        self.index, self.corpus = index, corpus
        self.vocabulary = Vocabulary()
        self.papers = PaperMatrix(index, corpus, self.vocabulary)
        self.keywords = KeywordRows(self.vocabulary, corpus.background)
        self._screening: Array = np.zeros((0, len(index.papers)), dtype=np.float32)
        self._exact: Array = np.zeros((0, len(index.papers)), dtype=np.int32)
        self._raised = 0

    @cached_property
    def stored(self) -> PaperMatrix:
        """What each feature adds to each stored paper."""
        return PaperMatrix(self.corpus.index, self.corpus, self.vocabulary)

    @property
    def raised(self) -> RaisedPapers:
        """How near each paper is to each text feature."""
        keywords = self.keywords.keywords
        count = len(keywords.known)
        if count > self._raised:
            self._screening = grown(self._screening, self._raised, count)
            self._exact = grown(self._exact, self._raised, count)
            added = slice(self._raised, count)
            found = keywords.rows(added).raised(self.papers.topical_vectors)
            # At most 2^1.5: the vectors have length 1. In these units, that fits into 32 bits.
            self._exact[added] = found / fixed_point.CONTRIBUTION_UNIT
            self._screening[added] = found
            self._raised = count
        return RaisedPapers(screening=self._screening[:count], exact=self._exact[:count])


def grown(rows: Array, used: int, count: int) -> Array:
    """Returns an array with space for more rows, with the used ones.

    Args:
        rows: the array.
        used: so many rows are in use.
        count: so many are needed.
    """
    if len(rows) >= count:
        return rows
    larger = np.empty((max(count, 3 * len(rows) // 2), *rows.shape[1:]), dtype=rows.dtype)
    larger[:used] = rows[:used]
    return larger
