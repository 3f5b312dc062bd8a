"""What papers hold, as matrices: features by papers, and stems by papers."""

from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import Vocabulary, patterns, values
from digest.core.ranking.corpus import Corpus, PaperIndex


class PaperMatrix:
    """What the papers of an index hold of a vocabulary.

    Columns are papers in the order of ties, so that of equal papers the first column is first.

    Args:
        index: the papers.
        corpus: the papers seen, which say how rare a feature is.
        vocabulary: all features that are looked for.
    """

    def __init__(self, index: PaperIndex, corpus: Corpus, vocabulary: Vocabulary) -> None:
        self.index, self.corpus = index, corpus
        self.features = len(vocabulary)
        self.order = np.array(sorted(range(len(index.papers)), key=index.order), dtype=np.int64)
        self._places = np.empty(len(self.order), dtype=np.int32)
        self._places[self.order] = np.arange(len(self.order), dtype=np.int32)
        wanted = [one for part in vocabulary.features for one in patterns(part)]
        corpus.prepare(wanted)
        index.prepare(wanted)
        found = (list(values(one, index, corpus)) for one in vocabulary.features)
        self.matrix = self._matrix(found, self.features)

    @cached_property
    def stems(self) -> dict[str, int]:
        """The stems of the space, numbered in their alphabetical order."""
        return {one: number for number, one in enumerate(self.corpus.space.stems)}

    @cached_property
    def vectors(self) -> csr_matrix:
        """The papers as vectors, a row for each stem."""
        postings: list[list[tuple[int, float]]] = [[] for _ in self.stems]
        for number, vector in enumerate(self.index.vectors(self.corpus.space)):
            for one, weight in vector.items():
                postings[self.stems[one]].append((number, weight))
        return self._matrix(postings, len(self.stems))

    def _matrix(self, found: Iterable[Sequence[tuple[int, float]]], rows: int) -> csr_matrix:
        starts, numbers, amounts = [0], array("q"), array("d")
        for row in found:
            numbers.extend(number for number, _ in row)
            amounts.extend(amount for _, amount in row)
            starts.append(len(numbers))
        columns: Array = self._places[np.array(numbers)]
        return csr_matrix(
            (np.array(amounts), columns, np.array(starts)),
            shape=(rows, len(self.order)),
        )
