"""Computes what the liked papers of a topic add to a score: its reading list as examples.

    X = (N / L(N) + 2/3 max(0, D) / L(D)) / (1 + 2/3)
    N   nearest: the root mean square of the likeness to each example; it is between the likeness to
        their centre (exponent 1) and that to the nearest one alone
    D   direction: (e - m) . (S + 0.01)^-1 (c - m), what tells the examples from other papers
        (linear discriminant, R. A. Fisher 1936); e is the vector of the paper, c the mean vector of
        the examples, m and S are mean and covariance of the background
    L   the mean of the 20 largest values in the background, so that 1 is as near as the best of it

It counts 0.6 k / (k + 2) for k examples in a topic without keywords. Beside keywords it counts
0.6 k / (k + 20): some liked papers say less about a topic than the words with which a reader
describes it. docs/research/ranking.md has the measurements.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.examples.likeness import VECTORS, ExampleSet, compile_examples
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import ExamplePaper
from digest.core.ranking.topical_evidence import LEVEL_PAPERS, round_all

Array = Any

STRENGTH = 0.6
FEW_ALONE = 2
FEW_BESIDE_KEYWORDS = 20

DIRECTION = 2 / 3
RIDGE = 0.01

TERMS_ADD = 1.2
"""N of near papers, divided by what the vectors alone give (median over the libraries): of the
background papers, only the vectors are known."""

LEAST_LEVEL = 0.1
"""L(N) is at least this: where the table has no vectors, the terms alone decide."""

MIN_AMOUNT = 0.02
"""A smaller amount is ignored: nearly every paper is a little like another."""

MAX_NAMED = 3
"""So many examples are named in an explanation."""

_DIRECTION_UNIT = 2.0**-20


class LikedPapers(Struct, frozen=True, kw_only=True, eq=False):
    """The liked papers of one topic, compiled."""

    titles: tuple[str, ...]
    examples: ExampleSet
    factor: float  # 0.6 k / (k + 2), times the weight of the topic
    least: float  # a smaller amount is ignored
    level: float  # L(N)
    direction: Array  # divided by L(D)
    offset: float  # the same

    def scores(self, index: PaperIndex) -> "LikedScores":
        """Returns what the liked papers add to each paper of an index."""
        likeness = self.examples.likeness(index)
        mean_square = likeness.sum(axis=0) / len(self.titles)
        nearest = np.sqrt(mean_square) / self.level
        vectors = index.topical_vectors(self.examples.background).astype(np.float64)
        along = np.maximum(0.0, vectors @ self.direction - self.offset)
        amounts = self.factor * (nearest + DIRECTION * along) / (1.0 + DIRECTION)
        return LikedScores(
            titles=self.titles,
            likeness=likeness,
            amounts=np.where(amounts < self.least, 0.0, round_all(amounts)),
        )


class LikedScores(Struct, frozen=True, kw_only=True, eq=False):
    """What the liked papers of a topic add to the papers of an index."""

    titles: tuple[str, ...]  # of the liked papers
    likeness: Array  # liked papers by papers
    amounts: Array  # of each paper, fixed-point numbers

    def parts(self, number: int) -> Iterator[tuple[str, float]]:
        """Yields the liked papers that are most like a paper, with shares that sum to 1."""
        likeness = self.likeness[:, number].tolist()
        nearest = sorted(enumerate(likeness), key=lambda item: -item[1])[:MAX_NAMED]
        total = sum(value for _, value in nearest)
        for place, value in nearest:
            if value:
                yield self.titles[place], value / total
        # Only the direction is common to all.
        if not total:
            yield self.titles[nearest[0][0]], 1.0


def compile_liked(
    likes: tuple[ExamplePaper, ...],
    *,
    weight: float,
    keywords: int,
    language: str,
    background: BackgroundTable,
) -> LikedPapers:
    """Compiles the liked papers of a topic.

    Args:
        likes: at least one paper.
        weight: of the topic.
        keywords: the number of text keywords in the topic.
        language: of the profile.
        background: the table of this language.
    """
    examples = compile_examples(likes, language, background)
    direction, offset = _direction(examples.vectors, background)
    few = FEW_BESIDE_KEYWORDS if keywords else FEW_ALONE
    return LikedPapers(
        titles=tuple(item.title for item in likes),
        examples=examples,
        factor=weight * STRENGTH * len(likes) / (len(likes) + few),
        least=weight * MIN_AMOUNT,
        level=_level(examples.vectors, background),
        direction=direction,
        offset=offset,
    )


def _level(vectors: Array, background: BackgroundTable) -> float:
    """Returns L(N)."""
    if not len(background.sample):
        return LEAST_LEVEL
    cosine = np.maximum(0.0, (vectors @ background.sample.T).astype(np.float64)) * VECTORS
    near = np.sqrt(round_all(cosine * cosine).sum(axis=0) / len(vectors))
    return max(LEAST_LEVEL, TERMS_ADD * float(np.sort(near)[-LEVEL_PAPERS:].mean()))


def _direction(vectors: Array, background: BackgroundTable) -> tuple[Array, float]:
    """Returns the direction of D and its offset, both divided by L(D)."""
    if not len(background.sample):
        return np.zeros(background.dimensions), 0.0
    centre = vectors.mean(axis=0, dtype=np.float64)
    direction = _discriminant(background) @ (centre - background.mean)
    values = background.sample.astype(np.float64) @ direction
    offset = float(values.mean())
    level = float(np.sort(values)[-LEVEL_PAPERS:].mean()) - offset
    if level <= 0.0:
        return np.zeros(background.dimensions), 0.0
    # Rounded, so that its products with vectors are exact.
    rounded = np.rint(direction / level / _DIRECTION_UNIT) * _DIRECTION_UNIT
    return rounded, round(offset / level / _DIRECTION_UNIT) * _DIRECTION_UNIT


@lru_cache(maxsize=4)
def _discriminant(background: BackgroundTable) -> Array:
    """Returns (S + 0.01)^-1 of the background."""
    sample = background.sample.astype(np.float64) - background.mean
    covariance = sample.T @ sample / len(sample)
    return np.linalg.inv(covariance + RIDGE * np.eye(len(covariance)))
