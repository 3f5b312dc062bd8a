"""Represents papers as sparse matrices: features by papers, and lemmas by papers."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice, pairwise

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.papers.shared_texts import SharedTexts
from digest.core.batch_ranking.sparse_products import Array, add_product
from digest.core.batch_ranking.vocabulary import OtherForms, Vocabulary, feature_scores
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking.corpus import Corpus

_VECTORS_AT_ONCE = 64

OFTEN = 16
"""A feature that adds to at least every 16th paper is multiplied as a dense row: from about there on, this
takes less time than a sparse product."""


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
        self._complete = 0  # so many of the first features have their rows
        # The features that add to many papers: by feature, its dense row, or -1.
        self._dense_places: Array = np.zeros(0, dtype=np.int32)
        self._dense_rows: Array = np.zeros((0, len(self.order)))

    @property
    def features(self) -> int:
        """The number of features."""
        return len(self.vocabulary)

    @property
    def matrix(self) -> csr_matrix:
        """What each feature of the vocabulary, which may have grown, adds to each paper."""
        found = self.matrix_of(range(self._complete, self.features))
        self._complete = self.features
        return found

    def matrix_of(self, features: Iterable[int]) -> csr_matrix:
        """Returns what some features add to each paper; the rows of other ones may be empty."""
        missing = [number for number in features if number not in self._rows]
        if missing or self._matrix.shape[0] < self.features:
            known = len(self._rows)
            self._add(missing)
            self._insert(sorted(islice(self._rows, known, None)))
        return self._matrix

    def _insert(self, features: Sequence[int]) -> None:
        """Inserts the rows of some features, ascending, into the matrix, in which they are empty."""
        known = self._matrix
        columns: list[Array] = []
        amounts: list[Array] = []
        begin = 0
        places = np.minimum(np.array(features, dtype=np.int64), known.shape[0])
        counts = np.zeros(self.features, dtype=np.int32)
        counts[: known.shape[0]] = np.diff(known.indptr)
        for feature, end in zip(features, known.indptr[places].tolist(), strict=True):
            row = self._rows[feature]
            columns += known.indices[begin:end], row[0]
            amounts += known.data[begin:end], row[1]
            counts[feature], begin = len(row[0]), end
        indices = np.concatenate([*columns, known.indices[begin:]])
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self._matrix = csr_matrix(
            (np.concatenate([*amounts, known.data[begin:]]), indices, starts),
            shape=(self.features, len(self.order)),
        )

    def sums(self, features: csr_matrix) -> Array:
        """Returns the product with `matrix`: a row for each row of features, a column for each paper.

        Args:
            features: their weights. The sums must be exact (`digest.core.ranking.fixed_point`).
        """
        matrix = self.matrix
        self._add_dense_rows(matrix)
        places = self._dense_places[features.indices]
        is_dense = places >= 0
        ends = np.concatenate([[0], np.cumsum(is_dense)])[features.indptr]
        often = csr_matrix(
            (features.data[is_dense], places[is_dense], ends),
            shape=(features.shape[0], len(self._dense_rows)),
        )
        seldom = csr_matrix(
            (features.data[~is_dense], features.indices[~is_dense], features.indptr - ends),
            shape=features.shape,
        )
        sums: Array = often @ self._dense_rows
        add_product(sums, seldom, matrix)
        return sums

    def _add_dense_rows(self, matrix: csr_matrix) -> None:
        first = len(self._dense_places)
        if first == matrix.shape[0]:
            return
        counts = np.diff(matrix.indptr)[first:]
        often = np.flatnonzero(counts * OFTEN >= max(1, len(self.order)))
        places = np.full(len(counts), -1, dtype=np.int32)
        places[often] = len(self._dense_rows) + np.arange(len(often))
        self._dense_places = np.concatenate([self._dense_places, places])
        self._dense_rows = np.concatenate([self._dense_rows, matrix[first + often].toarray()])

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
        if texts:
            self._add_texts(list(texts))

    def _add_texts(self, keywords: Sequence[Keyword]) -> None:
        """Computes the rows of keywords that are looked for in texts, and of their other forms."""
        found = self._texts.of(keywords, self.corpus)
        ends = np.cumsum([0, *(len(item.papers) for item in found)])
        columns = self._columns_of_texts[np.concatenate([item.papers for item in found])]
        known = self.vocabulary.known
        direct = [known(keyword) for keyword in keywords]
        self._add_rows(direct, columns, np.concatenate([item.direct for item in found]), ends)
        forms = [known(OtherForms(keyword)) for keyword in keywords]
        self._add_rows(forms, columns, np.concatenate([item.forms for item in found]), ends)

    def _add_rows(
        self, features: Sequence[int | None], columns: Array, amounts: Array, ends: Array
    ) -> None:
        """Adds the rows of some features.

        Args:
            features: None for those that are not looked for.
            columns: of the papers, one feature after the other; -1 for papers of another index.
            amounts: what the feature adds to each.
            ends: where each feature begins, and where the last one ends.
        """
        is_kept = (amounts > 0.0) & (columns >= 0)
        starts = np.concatenate([[0], np.cumsum(is_kept)])[ends].tolist()
        columns, amounts = columns[is_kept], amounts[is_kept]
        for feature, (begin, end) in zip(features, pairwise(starts), strict=True):
            if feature is not None and feature not in self._rows:
                self._rows[feature] = columns[begin:end], amounts[begin:end]

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

    def own_vectors(self, vectors: csr_matrix) -> csr_matrix:
        """Returns vectors of the TF-IDF space without the lemmas that no paper has."""
        return vectors[:, self._own_lemmas]

    def similarities(self, vectors: csr_matrix) -> Array:
        """Returns the products of some vectors with those of all papers.

        Args:
            vectors: `own_vectors`, a row for each.
        """
        found = np.empty((vectors.shape[0], len(self.order)))
        rows = np.repeat(np.arange(len(found)), np.diff(vectors.indptr))
        # The vectors have entries in most papers, so dense columns are faster than a sparse product.
        for start in range(0, len(found), _VECTORS_AT_ONCE):
            stop = min(start + _VECTORS_AT_ONCE, len(found))
            part = slice(vectors.indptr[start], vectors.indptr[stop])
            columns = np.zeros((vectors.shape[1], stop - start))
            columns[vectors.indices[part], rows[part] - start] = vectors.data[part]
            found[start:stop] = (self._own_papers @ columns).T
        return found

    def similarities_of_pairs(self, vectors: csr_matrix, rows: Array, columns: Array) -> Array:
        """Returns the products of vectors with those of a paper each.

        Args:
            vectors: `own_vectors`, a row for each.
            rows: the vector of each pair.
            columns: the paper of each pair.
        """
        found = np.empty(len(rows))
        order = np.argsort(rows, kind="stable")
        ends = np.searchsorted(rows[order], np.arange(vectors.shape[0] + 1))
        for start in range(0, vectors.shape[0], _VECTORS_AT_ONCE):
            dense = vectors[start : start + _VECTORS_AT_ONCE].toarray()
            pairs = order[ends[start] : ends[start + len(dense)]]
            papers = self._own_papers[columns[pairs]]
            # The vectors are put one after the other, and the lemmas of each paper moved to its vector.
            moved = ((rows[pairs] - start) * dense.shape[1]).astype(papers.indices.dtype)
            places = papers.indices + np.repeat(moved, np.diff(papers.indptr))
            shape = len(pairs), dense.size
            products = csr_matrix((papers.data, places, papers.indptr), shape=shape)
            found[pairs] = products @ dense.reshape(-1)
        return found

    @cached_property
    def _own_lemmas(self) -> Array:
        """The lemmas of the papers, frequent ones first: what is used most is close in memory."""
        lemmas, counts = np.unique(self.by_paper.indices, return_counts=True)
        ordered: Array = lemmas[np.argsort(-counts, kind="stable")]
        return ordered

    @cached_property
    def _own_papers(self) -> csr_matrix:
        """`by_paper` for `_own_lemmas` alone."""
        found = self.by_paper[:, self._own_lemmas]
        found.sort_indices()
        return found

    @cached_property
    def by_lemma(self) -> csr_matrix:
        """The TF-IDF vectors of the papers: a row for each lemma, a column for each paper."""
        return self.by_paper.T.tocsr()

    @cached_property
    def by_paper(self) -> csr_matrix:
        """The TF-IDF vectors of the papers: a row for each paper, in the order of the columns."""
        positions = self.index.positions
        starts, lemmas, weights = self.corpus.space.entries(positions)
        numbers = np.array([self.lemmas.get(lemma, -1) for lemma in positions.numbers])
        shape = len(self.order), len(self.lemmas)
        found = csr_matrix((weights, numbers[lemmas], starts), shape=shape)[self.order]
        found.sort_indices()
        return found
