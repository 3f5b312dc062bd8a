"""Profiles compiled to arrays: a row for each topic, a column for each feature.

The arrays depend on what the profiles say alone, not on the papers seen, so they are
compiled once and loaded from then on: a million profiles are a few arrays.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import Vocabulary, category_feature, feature
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking import fixed_point
from digest.core.ranking.boosts import CompiledBoosts, compile_boosts
from digest.core.ranking.scoring import distinct

REMOVED = -(2.0**60)
"""The weight of an exclusion: no sum makes up for it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProfileMatrix:
    """What profiles want: n profiles with t topics, which have k keywords.

    `texts` holds the keywords of the text, which related terms are learned from; `others`
    authors, categories and exclusions. Both are matrices in compressed sparse row form.
    """

    topics: Array  # n + 1 integers: where the topics of each profile begin
    related: Array  # t booleans: whether related terms count
    weights: Array  # t numbers
    text_starts: Array  # t + 1 integers
    text_features: Array
    text_weights: Array
    other_starts: Array  # t + 1 integers
    other_features: Array
    other_weights: Array
    boosts: Mapping[int, CompiledBoosts]  # by profile; of those that have some

    def __len__(self) -> int:
        """How many profiles there are."""
        return len(self.topics) - 1

    def texts(self, rows: slice, features: int) -> csr_matrix:
        """The keywords of some topics."""
        return _rows(self.text_starts, self.text_features, self.text_weights, rows, features)

    def others(self, rows: slice, features: int) -> csr_matrix:
        """The authors, categories and exclusions of some topics."""
        return _rows(self.other_starts, self.other_features, self.other_weights, rows, features)

    def excluded(self, rows: slice, features: int) -> csr_matrix:
        """The exclusions of some topics alone."""
        found = self.others(rows, features).copy()
        found.data[found.data > 0.0] = 0.0
        found.eliminate_zeros()
        return found

    def all(self, rows: slice, features: int) -> csr_matrix:
        """Both of them together."""
        return self.texts(rows, features) + self.others(rows, features)


def compile_profiles(profiles: Iterable[Profile], vocabulary: Vocabulary) -> ProfileMatrix:
    """Compile profiles, numbered in their order.

    Args:
        profiles: of one language. They are read once and not kept.
        vocabulary: gains the features that are new.
    """
    made = _Compiling(vocabulary)
    boosts: dict[int, CompiledBoosts] = {}
    topics = array("q", [0])
    for number, profile in enumerate(profiles):
        for topic in profile.topics:
            made.add(topic, related=profile.related)
        topics.append(len(made.weights))
        if compiled := compile_boosts(profile.boosts):
            boosts[number] = compiled
    return ProfileMatrix(
        topics=_array(topics),
        related=_array(made.related).astype(np.bool_),
        weights=_array(made.weights),
        text_starts=_array(made.texts.starts),
        text_features=_array(made.texts.features),
        text_weights=_array(made.texts.weights),
        other_starts=_array(made.others.starts),
        other_features=_array(made.others.features),
        other_weights=_array(made.others.weights),
        boosts=boosts,
    )


class _Rows:
    """A matrix in the making."""

    def __init__(self) -> None:
        self.starts = array("q", [0])
        self.features = array("i")
        self.weights = array("d")

    def add(self, row: Sequence[tuple[int, float]]) -> None:
        for number, weight in row:
            self.features.append(number)
            self.weights.append(weight)
        self.starts.append(len(self.features))


class _Compiling:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._number = vocabulary.number
        self.related = array("b")
        self.weights = array("d")
        self.texts = _Rows()
        self.others = _Rows()

    def add(self, topic: Topic, *, related: bool) -> None:
        keywords = distinct(topic.keywords)
        texts = [one for one in keywords if one.field in ("text", "title")]
        authors = [one for one in keywords if one.field == "author"]
        categories = [one for one in keywords if one.field == "category"]
        self.related.append(related)
        self.weights.append(fixed_point.round_weight(topic.weight))
        self.texts.add(
            [
                (self._number(feature(one)), fixed_point.round_weight(topic.weight * one.weight))
                for one in texts
            ]
        )
        others = [
            (self._number(feature(one)), fixed_point.round_weight(topic.weight * one.weight))
            for one in authors
        ]
        if categories:
            others.append((self._number(category_feature(categories, topic)), 1.0))
        excluded = {self._number(feature(one)) for one in topic.excluded}
        self.others.add(others + [(number, REMOVED) for number in sorted(excluded)])


def _array(made: "array[Any]") -> Array:
    return np.frombuffer(made, dtype=made.typecode) if made else np.zeros(0, dtype=made.typecode)


def _rows(starts: Array, features: Array, weights: Array, rows: slice, columns: int) -> csr_matrix:
    begin, end = int(starts[rows.start]), int(starts[rows.stop])
    return csr_matrix(
        (weights[begin:end], features[begin:end], starts[rows.start : rows.stop + 1] - begin),
        shape=(rows.stop - rows.start, columns),
    )
