"""Computes the topical and the semantic evidence of many topics at once.

The result equals that of `digest.core.ranking.topical_topic` for each topic. A keyword that several
topics share is compiled once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import Vocabulary, text_features
from digest.core.models.profiles import Keyword
from digest.core.ranking import topical_evidence
from digest.core.ranking.topical_evidence import (
    TopicalKeywords,
    compile_keywords,
    keyword_shares,
    known_share,
    levels,
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopicalMatrix:
    """The topical evidence of all topics of a `ProfileMatrix`."""

    keywords: TopicalKeywords  # of all text features
    shares: csr_matrix  # topics by keywords: w of each
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
            self.shares[rows] @ raised,
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
        shares = keyword_shares(profiles.own_weights[begin:end], self.keywords.coverage[rows])
        return TopicalTopic(
            texts=tuple(texts),
            keywords=TopicalKeywords(
                vectors=self.keywords.vectors[rows],
                means=self.keywords.means[rows],
                known=self.keywords.known[rows],
                coverage=self.keywords.coverage[rows],
            ),
            shares=shares,
            level=float(self.levels[topic]),
            factor=float(self.factors[topic]),
            known=float(self.known[topic]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeywordRows:
    """The text features of a vocabulary, compiled once for all topics."""

    keywords: TopicalKeywords
    places: Array  # for each feature of the vocabulary, its row in `keywords`; -1 for others


def compile_features(vocabulary: Vocabulary, background: BackgroundTable) -> KeywordRows:
    """Compiles the text features of a vocabulary."""
    features = list(text_features(vocabulary))
    return KeywordRows(
        keywords=compile_keywords([keyword for _, keyword in features], background),
        places=_places(features, vocabulary),
    )


def compile_topical(
    profiles: ProfileMatrix,
    vocabulary: Vocabulary,
    background: BackgroundTable,
    *,
    compiled: KeywordRows | None = None,
) -> TopicalMatrix:
    """Compiles the topical evidence of all topics whose profiles use it.

    Args:
        profiles: the profiles.
        vocabulary: of the profiles.
        background: the table.
        compiled: the vocabulary, if it is compiled already.
    """
    compiled = compiled or compile_features(vocabulary, background)
    return _compile(profiles, compiled, background.sample)


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
    compiled = KeywordRows(
        keywords=compile_semantic_keywords([keyword for _, keyword in features], space),
        places=_places(features, vocabulary),
    )
    return _compile(profiles, compiled, space.sample, level_papers=LEVEL_PAPERS)


def _places(features: Sequence[tuple[int, Keyword]], vocabulary: Vocabulary) -> Array:
    places = np.full(len(vocabulary), -1, dtype=np.int64)
    places[[number for number, _ in features]] = np.arange(len(features))
    return places


def _compile(
    profiles: ProfileMatrix,
    compiled: KeywordRows,
    sample: Array,
    *,
    level_papers: int = topical_evidence.LEVEL_PAPERS,
) -> TopicalMatrix:
    keywords, places = compiled.keywords, compiled.places
    topics = len(profiles.weights)
    known, factors = np.zeros(topics), np.zeros(topics)
    starts, columns, values = [0], [], []
    for topic in range(topics):
        begin, end = profiles.text_starts[[topic, topic + 1]]
        if profiles.related[topic] and end > begin:
            rows = places[profiles.text_features[begin:end]]
            weights = profiles.own_weights[begin:end]
            coverage = keywords.coverage[rows]
            known[topic] = known_share(weights, keywords.known[rows])
            if known[topic]:
                factors[topic] = topical_factor(float(known[topic]), int(end - begin))
                columns.append(rows)
                values.append(keyword_shares(weights, coverage))
        starts.append(starts[-1] + (len(columns[-1]) if factors[topic] else 0))
    shares = csr_matrix(
        (
            np.concatenate(values) if values else np.zeros(0),
            np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64),
            starts,
        ),
        shape=(topics, len(keywords.known)),
    )
    return TopicalMatrix(
        keywords=keywords,
        shares=shares,
        levels=topic_levels(shares, keywords, sample, level_papers),
        known=known,
        factors=factors,
        weights=profiles.weights,
        places=places,
    )


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
            part = TopicalKeywords(
                vectors=keywords.vectors[used],
                means=keywords.means[used],
                known=keywords.known[used],
                coverage=keywords.coverage[used],
            )
            found[start : start + CHUNK] = levels(chunk[:, used], part, sample, papers=level_papers)
    return found
