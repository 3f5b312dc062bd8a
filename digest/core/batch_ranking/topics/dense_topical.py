"""Computes the topical and the semantic evidence of many topics at once.

The result equals that of `digest.core.ranking.topical_topic` for each topic. A keyword that several
topics share is compiled once.
"""

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_matrix

from digest.core.background.spread import VectorSpread
from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.topics.raised_rows import grown
from digest.core.batch_ranking.topics.topic_levels import LevelRows
from digest.core.batch_ranking.vocabulary import Vocabulary, text_features
from digest.core.ranking.topical_evidence import (
    TopicalKeywords,
    compile_keywords,
    keyword_count,
    keyword_shares,
    known_shares,
    levels,
    paper_shares,
    topical_factor,
)
from digest.core.ranking.topical_topic import TopicalTopic, topical_amounts
from digest.core.semantic.evidence import (
    LEVEL_PAPERS,
    MIN_SAMPLE,
    SemanticSpace,
    compile_semantic_keywords,
)

CHUNK = 20_000
"""Number of topics whose levels are computed at once; it limits the memory."""


class TopicalMatrix(Struct, frozen=True, kw_only=True, eq=False):
    """The topical evidence of all topics of a `ProfileMatrix`."""

    keywords: TopicalKeywords  # of all text features
    shares: csr_matrix  # topics by keywords: w of each, for papers
    positive: csr_matrix  # the same without those that are 0: often a third are
    levels: Array  # L of each topic
    known: Array  # V of each topic; 0 without topical evidence
    factors: Array  # V (1 - 7/(8n))
    weights: Array  # of the topics
    places: Array  # for each feature of the vocabulary, its row in `keywords`; -1 for others

    def amounts(self, rows: slice, raised: Array, share: Array | float = 1.0) -> Array:
        """Returns what topical evidence adds to papers: some topics by papers.

        Args:
            rows: the topics.
            raised: `TopicalKeywords.raised` of the papers.
            share: for each paper, the part of its evidence that counts, from 0 to 1.
        """
        amounts: Array = topical_amounts(
            self.positive[rows] @ raised,
            level=self.levels[rows],
            factor=self.factors[rows] * self.weights[rows],
            weight=self.weights[rows],
            share=share,
        )
        return amounts

    def of_topic(
        self, topic: int, profiles: ProfileMatrix, texts: Sequence[str]
    ) -> TopicalTopic | None:
        """Returns the topical evidence of one topic, as ranking a single profile uses it.

        Args:
            topic: the row of the topic in `profiles`.
            profiles: the profiles that were compiled.
            texts: the text keywords of the topic as written, in the order of `profiles`.
        """
        if not self.factors[topic]:
            return None
        begin, end = profiles.text_starts[[topic, topic + 1]]
        rows = self.places[profiles.text_features[begin:end]]
        keywords = self.keywords.rows(rows)
        shares = keyword_shares(profiles.own_weights[begin:end], keywords.coverage)
        return TopicalTopic(
            texts=tuple(texts),
            keywords=keywords,
            shares=paper_shares(shares, keywords.factors),
            level=float(self.levels[topic]),
            factor=float(self.factors[topic]),
            known=float(self.known[topic]),
        )


class KeywordRows:
    """The text features of a vocabulary, compiled once for all topics.

    Args:
        vocabulary: the features; it may grow.
        background: the table.
        stored: `Corpus.spread`.
    """

    def __init__(
        self, vocabulary: Vocabulary, background: BackgroundTable, stored: VectorSpread | None
    ) -> None:
        self._vocabulary, self._background, self._stored = vocabulary, background, stored
        self._places = np.zeros(0, dtype=np.int64)
        self._keywords = compile_keywords((), background, stored)
        # And space for more. The vectors are rounded, so float32 holds them exactly.
        self._vectors: Array = self._keywords.vectors.astype(np.float32)

    def first(self, vocabulary: Vocabulary) -> "KeywordRows":
        """Returns the rows of a vocabulary that holds the first features; these are not used any more."""
        found = KeywordRows(vocabulary, self._background, self._stored)
        found._places = self._places[: len(vocabulary)]
        count = int(found._places.max(initial=-1)) + 1
        found._keywords, found._vectors = self._keywords.rows(slice(0, count)), self._vectors
        return found

    @property
    def count(self) -> int:
        """How many are compiled."""
        return len(self._keywords.known)

    @property
    def keywords(self) -> TopicalKeywords:
        """All text features of the vocabulary."""
        self._update()
        return self._keywords

    @property
    def places(self) -> Array:
        """For each feature of the vocabulary, its row in `keywords`; -1 for others."""
        self._update()
        return self._places

    def _update(self) -> None:
        known = len(self._places)
        if known == len(self._vocabulary):
            return
        added = list(text_features(self._vocabulary, known))
        first = self.count
        places = np.full(len(self._vocabulary), -1, dtype=np.int64)
        places[:known] = self._places
        places[[number for number, _ in added]] = first + np.arange(len(added))
        self._places = places
        compiled = compile_keywords(
            [keyword for _, keyword in added], self._background, self._stored
        )
        self._vectors = vectors = grown(self._vectors, first, first + len(added))
        vectors[first : first + len(added)] = compiled.vectors
        self._keywords = self._keywords.with_more(compiled, vectors[: first + len(added)])


def compile_topical(
    profiles: ProfileMatrix,
    vocabulary: Vocabulary,
    background: BackgroundTable,
    *,
    stored: VectorSpread | None = None,
    compiled: KeywordRows | None = None,
    level_rows: LevelRows | None = None,
) -> TopicalMatrix:
    """Compiles the topical evidence of all topics whose profiles use it.

    Args:
        profiles: the profiles.
        vocabulary: of the profiles.
        background: the table.
        stored: `Corpus.spread`.
        compiled: the vocabulary, if it is compiled already.
        level_rows: of the same vocabulary and table.
    """
    compiled = compiled or KeywordRows(vocabulary, background, stored)
    level_rows = level_rows or LevelRows(background)
    return _compile(profiles, compiled.keywords, compiled.places, level_rows.levels)


def compile_semantic(
    profiles: ProfileMatrix, vocabulary: Vocabulary, space: SemanticSpace
) -> TopicalMatrix | None:
    """Compiles the semantic evidence of all topics whose profiles use topical evidence.

    Args:
        profiles: the profiles.
        vocabulary: of the profiles.
        space: of the sentence model.

    Returns:
        None if the sample is too small to say what is near.
    """
    if len(space.sample) < MIN_SAMPLE:
        return None
    features = list(text_features(vocabulary))
    keywords = compile_semantic_keywords([keyword for _, keyword in features], space)
    places = np.full(len(vocabulary), -1, dtype=np.int64)
    places[[number for number, _ in features]] = np.arange(len(features))

    def semantic_levels(shares: csr_matrix, rows: TopicalKeywords) -> Array:
        return topic_levels(shares, rows, space.sample, LEVEL_PAPERS)

    return _compile(profiles, keywords, places, semantic_levels)


def _compile(
    profiles: ProfileMatrix,
    keywords: TopicalKeywords,
    places: Array,
    levels_of: Callable[[csr_matrix, TopicalKeywords], Array],
) -> TopicalMatrix:
    topics = len(profiles.weights)
    counts = np.diff(profiles.text_starts)
    rows, weights = places[profiles.text_features], profiles.own_weights
    values = np.zeros(len(rows))
    known, factors = np.zeros(topics), np.zeros(topics)
    for count in np.unique(counts[profiles.related]).tolist():
        if not count:
            continue
        # Topics with as many keywords: NumPy adds up each row as it adds up one topic.
        same = np.flatnonzero(profiles.related & (counts == count))
        own = profiles.text_starts[same][:, None] + np.arange(count)
        known[same] = known_shares(weights[own], keywords.known[rows[own]])
        values[own] = keyword_shares(weights[own], keywords.coverage[rows[own]])
        each = keyword_count(keywords.coverage[rows[own]], keywords.plain[rows[own]])
        factors[same] = topical_factor(known[same], each)
    used = factors != 0.0
    kept = np.repeat(used, counts)
    starts = np.concatenate([[0], np.cumsum(np.where(used, counts, 0))])
    rows, values = rows[kept], values[kept]
    shares = csr_matrix(
        (values, rows.astype(np.int32), starts.astype(np.int32)),
        shape=(topics, len(keywords.known)),
    )
    for_papers = csr_matrix(
        (paper_shares(values, keywords.factors[rows]), shares.indices, shares.indptr),
        shape=shares.shape,
    )
    return TopicalMatrix(
        keywords=keywords,
        shares=for_papers,
        positive=_without_zeros(for_papers),
        levels=levels_of(_without_zeros(shares), keywords.in_background()),
        known=known,
        factors=factors,
        weights=profiles.weights,
        places=places,
    )


def _without_zeros(matrix: csr_matrix) -> csr_matrix:
    found = matrix.copy()
    found.eliminate_zeros()
    return found


def topic_levels(
    shares: csr_matrix, keywords: TopicalKeywords, sample: Array, level_papers: int
) -> Array:
    """Returns L of each topic, a chunk of topics and their keywords at a time.

    Args:
        shares: topics by keywords: w of each.
        keywords: the keywords.
        sample: vectors of background papers as rows, float32.
        level_papers: so many of the largest g make a level.
    """
    found = np.ones(shares.shape[0])
    for start in range(0, shares.shape[0], CHUNK):
        chunk = shares[start : start + CHUNK]
        used = np.unique(chunk.indices)
        if len(used):
            part = keywords.rows(used)
            found[start : start + CHUNK] = levels(chunk[:, used], part, sample, papers=level_papers)
    return found
