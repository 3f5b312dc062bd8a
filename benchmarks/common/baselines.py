"""What the ranking is compared with: rankers that others use, over the same lemmas."""

from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Any

import bm25s
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from digest.core.keywords.paper_index import TokenizedPaper
from digest.core.keywords.parser import parse
from digest.core.keywords.patterns import pattern
from digest.core.ranking.corpus import Corpus
from digest.core.text.terms import term_counts
from digest.core.text.tokens import BREAK, TokenizedText, lemma, tokenise

NEAREST = 3
WORDS = 40


def plain(text: str) -> str:
    """Lower case, hyphens as spaces."""
    return " ".join(text.lower().replace("-", " ").split())


class Bm25:
    """bm25s with its defaults over the pool, by words or by whole phrases, both as lemmas."""

    def __init__(self, papers: Sequence[TokenizedPaper], phrases: Sequence[str] = ()) -> None:
        self._patterns = {text: pattern(parse(text)) for text in phrases}
        documents = [self._terms(paper.words) for paper in papers]
        self._papers = len(papers)
        self._bm25 = bm25s.BM25()
        self._bm25.index(documents, show_progress=False)

    def scores(self, keywords: Sequence[str]) -> list[float]:
        """Of each paper."""
        if self._patterns:
            wanted = list(keywords)
        else:
            wanted = [lemma(word) for text in keywords for word in tokenise(text)]
        known = [term for term in wanted if term != BREAK and term in self._bm25.vocab_dict]
        if not known:
            return [0.0] * self._papers
        return [float(score) for score in self._bm25.get_scores(known)]

    def _terms(self, text: TokenizedText) -> list[str]:
        if not self._patterns:
            return [one for one in text.lemmas if one != BREAK]
        names = [name for name, one in self._patterns.items() for _ in one.positions(text)]
        # Words that no query has, so that the length of the paper counts as it does for words.
        return names + ["-"] * max(1, text.length - len(names))


class TfIdf:
    """TF-IDF vectors of lemmas, or of lemmas and pairs: (1 + ln c) * ln((N + 1) / (df + 0.5)).

    Args:
        seen: the papers whose document frequencies are used.
        pairs: neighbouring lemmas are terms too.
    """

    def __init__(self, seen: Corpus, *, pairs: bool) -> None:
        self._pairs = pairs
        self._papers = seen.papers
        self._holding: Counter[str] = Counter()
        for paper in seen.index.papers:
            self._holding.update(self._counts(paper.words.lemmas).keys())
        self._numbers: dict[str, int] = {}

    def rows(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        """The vectors of texts, given as lemmas: rows of length 1."""
        starts, columns, values = [0], [], []
        for text in texts:
            counts = self._counts(text)
            row = np.array([self._weight(term, count) for term, count in counts.items()])
            columns += [self._numbers.setdefault(term, len(self._numbers)) for term in counts]
            values.append(row / (np.sqrt(row @ row) or 1.0))
            starts.append(len(columns))
        # Terms of later texts get later numbers, so the width is the same for all.
        return csr_matrix((np.concatenate(values), columns, starts), shape=(len(texts), 1 << 22))

    def by_keywords(self, keywords: Sequence[str], papers: csr_matrix) -> list[float]:
        """The cosine of each paper and the keywords, taken as one text."""
        text = [lemma(word) for keyword in keywords for word in (*tokenise(keyword), ".")]
        return _list(papers @ self.rows([text]).T)

    def by_mean(self, library: csr_matrix, papers: csr_matrix, *, words: int = 0) -> list[float]:
        """The product of each paper and the mean of the library, or its largest entries."""
        mean = csr_matrix(library.mean(axis=0))
        if words:
            kept = np.argsort(-mean.data, kind="stable")[:words]
            mean = csr_matrix(
                (mean.data[kept], mean.indices[kept], [0, len(kept)]), shape=mean.shape
            )
        return _list(papers @ mean.T)

    @staticmethod
    def by_nearest(library: csr_matrix, papers: csr_matrix) -> list[float]:
        """The mean cosine of each paper and the nearest three of the library."""
        cosines = np.sort((papers @ library.T).toarray(), axis=1)
        return [float(value) for value in cosines[:, -NEAREST:].mean(axis=1)]

    def _counts(self, text: Sequence[str]) -> Counter[str]:
        counts = term_counts(text)
        return counts if self._pairs else Counter({t: n for t, n in counts.items() if " " not in t})

    def _weight(self, term: str, count: int) -> float:
        return (1 + log(count)) * log((self._papers + 1) / (self._holding[term] + 0.5))


def by_svm(library: Sequence[str], papers: Sequence[str], seen: Sequence[str]) -> list[float]:
    """As arxiv-sanity-lite (compute.py, serve.py): TF-IDF of words and pairs, balanced SVM."""
    others = sorted(set(seen) - set(library))
    vectors = TfidfVectorizer(
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        strip_accents="unicode",
        max_df=0.1,
        min_df=5,
    ).fit([*library, *others])
    svm = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
    svm.fit(vectors.transform([*library, *others]), [1] * len(library) + [0] * len(others))
    return [float(score) for score in svm.decision_function(vectors.transform(list(papers)))]


def _list(column: Any) -> list[float]:
    return [float(value) for value in column.toarray()[:, 0]]
