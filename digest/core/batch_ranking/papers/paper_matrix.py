"""Represents papers as sparse matrices: features by papers, and lemmas by papers."""

from collections.abc import Iterable
from functools import cached_property
from itertools import chain

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.papers.shared_texts import SharedTexts
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import OtherForms, Vocabulary, feature_scores
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking.corpus import Corpus, PaperIndex

_NO_ROW = np.zeros(0, dtype=np.int32), np.zeros(0)


class PaperMatrix:
    """What each feature of a vocabulary adds to each paper of an index.

    The columns are the papers in the order of ties (`PaperIndex.sort_key`). Therefore, of papers
    with equal scores, the one in the first column is shown first.

    Args:
        index: the papers.
        corpus: the stored papers, for the rarity of each feature.
        vocabulary: all features that are looked for.
        texts: of these and other papers, if they are shared.
    """

    def __init__(
        self,
        index: PaperIndex,
        corpus: Corpus,
        vocabulary: Vocabulary,
        texts: SharedTexts | None = None,
    ) -> None:
        self.index, self.corpus, self.vocabulary = index, corpus, vocabulary
        self._texts = texts or SharedTexts((index, corpus.index), corpus.background)
        self.order = np.array(sorted(range(len(index.papers)), key=index.sort_key), dtype=np.int64)
        self._columns = np.empty(len(self.order), dtype=np.int32)
        self._columns[self.order] = np.arange(len(self.order), dtype=np.int32)
        self._rows: dict[int, tuple[Array, Array]] = {}  # by feature: columns and amounts
        self._matrix = csr_matrix((0, len(self.order)))

    @property
    def features(self) -> int:
        """The number of features."""
        return len(self.vocabulary)

    @property
    def matrix(self) -> csr_matrix:
        """What each feature of the vocabulary, which may have grown, adds to each paper."""
        features = len(self.vocabulary)
        if len(self._rows) == features == self._matrix.shape[0]:
            return self._matrix
        return self.matrix_of(range(features))

    def matrix_of(self, features: Iterable[int]) -> csr_matrix:
        """Returns what some features add to each paper; the rows of other ones may be empty."""
        missing = [number for number in features if number not in self._rows]
        if missing or self._matrix.shape[0] < len(self.vocabulary):
            self._add(missing)
            rows = [self._rows.get(number, _NO_ROW) for number in range(len(self.vocabulary))]
            starts = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])])
            columns = np.concatenate([row[0] for row in rows]) if rows else _NO_ROW[0]
            amounts = np.concatenate([row[1] for row in rows]) if rows else _NO_ROW[1]
            shape = len(rows), len(self.order)
            self._matrix = csr_matrix((amounts, columns, starts.astype(np.int32)), shape=shape)
        return self._matrix

    def _add(self, features: Iterable[int]) -> None:
        """Computes the rows of some features."""
        every = self.vocabulary.features
        texts: dict[Keyword, None] = {}
        for number in features:
            found = every[number]
            keyword = found.keyword if isinstance(found, OtherForms) else found
            if isinstance(keyword, Keyword) and is_text(keyword) and self._texts.usable:
                texts[keyword] = None
                continue
            scores = list(feature_scores(found, self.index, self.corpus))
            places = np.array([place for place, _ in scores], dtype=np.int64)
            amounts = np.array([amount for _, amount in scores], dtype=np.float64)
            self._rows[number] = self._columns[places], amounts
        # Other forms of a keyword are found with the keyword.
        for keyword, papers in zip(texts, self._texts.of(list(texts), self.corpus), strict=True):
            columns = self._columns_of_texts[papers.papers]
            for feature, amounts in (
                (self.vocabulary.known(keyword), papers.direct),
                (self.vocabulary.known(OtherForms(keyword)), papers.forms),
            ):
                if feature is not None:
                    kept = np.flatnonzero((amounts > 0.0) & (columns >= 0))
                    self._rows[feature] = columns[kept], amounts[kept]

    def column_of(self, papers: Array) -> Array:
        """Returns the columns of papers, which are given by their places in the index."""
        columns: Array = self._columns[papers]
        return columns

    @cached_property
    def text_places(self) -> Array:
        """The place of each paper of the index among the shared texts."""
        return self._texts.places(self.index)

    @cached_property
    def _columns_of_texts(self) -> Array:
        """The column of each paper of `texts`; -1 for papers of another index."""
        columns = np.full(self._texts.papers, -1, dtype=np.int32)
        columns[self.text_places] = self._columns
        return columns

    @cached_property
    def topical_vectors(self) -> Array:
        """The vectors of the papers in the background table, as rows in the order of ties."""
        vectors: Array = self.index.topical_vectors(self.corpus.background)
        return vectors[self.order]

    @cached_property
    def semantic_vectors(self) -> tuple[Array, Array]:
        """The vectors of a sentence model, and the share of its evidence in each paper.

        Both in the order of ties; the shares are 0 where there is no vector.
        """
        vectors, shares = self.index.semantic_vectors(self.corpus.semantic)
        return vectors[self.order], shares[self.order]

    @cached_property
    def lemmas(self) -> dict[str, int]:
        """The lemmas of the TF-IDF space, numbered in alphabetical order."""
        return {lemma: number for number, lemma in enumerate(self.corpus.space.lemmas)}

    @cached_property
    def vectors(self) -> csr_matrix:
        """The TF-IDF vectors of the papers: a row for each lemma, a column for each paper."""
        return self.by_paper.T.tocsr()

    @cached_property
    def by_paper(self) -> csr_matrix:
        """The TF-IDF vectors of the papers: a row for each paper, in the order of the columns."""
        every = self.index.vectors(self.corpus.space)
        ordered = [every[place] for place in self.order.tolist()]
        number = self.lemmas.__getitem__
        lemmas = np.fromiter(map(number, chain.from_iterable(ordered)), dtype=np.int32)
        weights = chain.from_iterable(map(dict[str, float].values, ordered))
        starts = np.cumsum([0, *map(len, ordered)])
        found = csr_matrix(
            (np.fromiter(weights, dtype=np.float64), lemmas, starts),
            shape=(len(ordered), len(self.lemmas)),
        )
        found.sort_indices()
        return found
