"""Represents papers as sparse matrices: features by papers, and lemmas by papers."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.papers.shared_texts import SharedTexts
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import OtherForms, Vocabulary, feature_scores
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking.corpus import Corpus

_VECTORS_AT_ONCE = 64

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
            if feature is not None:
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

    def similarities(self, vectors: csr_matrix) -> Array:
        """Returns the products of some vectors of the TF-IDF space with those of all papers.

        Args:
            vectors: a row for each.
        """
        found = np.empty((vectors.shape[0], len(self.order)))
        # The vectors have entries in most papers, so dense columns are faster than a sparse product.
        for start, columns in self._dense_columns(vectors):
            found[start : start + columns.shape[1]] = (self._own_lemmas[1] @ columns).T
        return found

    def similarities_of_pairs(self, vectors: csr_matrix, rows: Array, columns: Array) -> Array:
        """Returns the products of vectors of the TF-IDF space with those of a paper each.

        Args:
            vectors: some vectors, a row for each.
            rows: the vector of each pair.
            columns: the paper of each pair.
        """
        found = np.empty(len(rows))
        order = np.argsort(rows, kind="stable")
        for start, dense in self._dense_columns(vectors):
            part = slice(*np.searchsorted(rows[order], [start, start + dense.shape[1]]))
            pairs = order[part]
            papers = self._own_lemmas[1][columns[pairs]]
            counts = np.diff(papers.indptr)
            products = dense[papers.indices, np.repeat(rows[pairs] - start, counts)]
            products *= papers.data
            # The products are fixed-point numbers, so the order of the additions does not matter.
            places = np.repeat(np.arange(len(pairs)), counts)
            found[pairs] = np.bincount(places, products, minlength=len(pairs))
        return found

    def _dense_columns(self, vectors: csr_matrix) -> Iterator[tuple[int, Array]]:
        """Yields some vectors at a time as columns, for the lemmas of `_own_lemmas`.

        Yields:
            The number of the first of them; the columns.
        """
        lemmas, papers = self._own_lemmas
        places = lemmas[vectors.indices]
        used = places >= 0
        rows = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))[used]
        places, values = places[used], vectors.data[used]
        for start in range(0, vectors.shape[0], _VECTORS_AT_ONCE):
            stop = min(start + _VECTORS_AT_ONCE, vectors.shape[0])
            part = slice(*np.searchsorted(rows, [start, stop]))
            columns = np.zeros((papers.shape[1], stop - start))
            columns[places[part], rows[part] - start] = values[part]
            yield start, columns

    @cached_property
    def _own_lemmas(self) -> tuple[Array, csr_matrix]:
        """For each lemma, its place among those of the papers, or -1; `by_paper` for these alone."""
        used, own = np.unique(self.by_paper.indices, return_inverse=True)
        places = np.full(len(self.lemmas), -1, dtype=np.int64)
        places[used] = np.arange(len(used))
        shape = len(self.order), len(used)
        return places, csr_matrix(
            (self.by_paper.data, own.astype(np.int32), self.by_paper.indptr), shape=shape
        )

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
