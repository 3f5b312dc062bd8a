"""Compiles profiles to arrays: a row for each topic, a column for each feature.

The arrays depend on the profiles only, not on the papers, so they are compiled once and then
reused. A million profiles fit in a few arrays.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_matrix

from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import (
    KnownText,
    Vocabulary,
    category_feature,
    exclusion_feature,
    feature,
)
from digest.core.models.profiles import Boosts, Keyword, Profile, Topic, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.boosts import CompiledBoosts, compile_boosts
from digest.core.ranking.keyword_score import (
    keyword_weight,
    other_forms_weight,
)
from digest.core.ranking.scoring import distinct

_NO_BOOSTS = Boosts()

REMOVED = -(2.0**60)
"""The weight of an exclusion: no sum of keywords is large enough to outweigh it."""


class ProfileMatrix(Struct, frozen=True, kw_only=True, eq=False):
    """The features of n profiles, which have t topics together.

    The `text_` arrays hold the keywords that are looked for in texts; related terms are learned
    from them. The `other_` arrays hold other forms of keywords, authors, categories and exclusions. Both groups are
    matrices in compressed sparse row form, with a row for each topic.
    """

    topics: Array  # n + 1 integers: the number of the first topic of each profile
    related: Array  # t booleans: whether related terms count
    weights: Array  # t numbers: the weights of the topics
    text_starts: Array  # t + 1 integers
    text_features: Array
    text_weights: Array
    forms_weights: Array  # of other forms of the text keywords
    own_weights: Array  # of the text keywords, as the reader gave them
    other_starts: Array  # t + 1 integers
    other_features: Array
    other_weights: Array
    limits: Array  # n numbers: `min_match` of each profile
    boosts: Mapping[int, CompiledBoosts]  # by profile number; only profiles that have some

    def __len__(self) -> int:
        """Returns the number of profiles."""
        return len(self.topics) - 1

    def features_of(self, rows: Array) -> list[int]:
        """Returns the features of some topics, each once."""
        is_used = np.zeros(self.highest_feature + 1, dtype=np.bool_)
        for some in (self.text_rows, self.other_rows):
            is_used[some(rows, len(is_used)).indices] = True
        found: list[int] = np.flatnonzero(is_used).tolist()
        return found

    @property
    def highest_feature(self) -> int:
        """The largest number of a feature; -1 without any."""
        features = (self.text_features, self.other_features)
        return max((int(each.max()) for each in features if len(each)), default=-1)

    def text_rows(self, rows: slice | Array, features: int) -> csr_matrix:
        """Returns the text keywords of some topics.

        Args:
            rows: the topics.
            features: number of columns, as for the next methods.
        """
        return _rows(self.text_starts, self.text_features, self.text_weights, rows, features)

    def other_rows(self, rows: slice | Array, features: int) -> csr_matrix:
        """Returns the other forms, authors, categories and exclusions of some topics."""
        return _rows(self.other_starts, self.other_features, self.other_weights, rows, features)

    def exclusion_rows(self, rows: slice | Array, features: int) -> csr_matrix:
        """Returns only the exclusions of some topics."""
        exclusions = self.other_rows(rows, features).copy()
        exclusions.data[exclusions.data > 0.0] = 0.0
        exclusions.eliminate_zeros()
        return exclusions

    def all_rows(self, rows: slice | Array, features: int) -> csr_matrix:
        """Returns all features of some topics."""
        return self.text_rows(rows, features) + self.other_rows(rows, features)


def compile_avoided(profiles: Sequence[Profile], vocabulary: Vocabulary) -> ProfileMatrix | None:
    """Compiles the avoided keywords: a row for each topic, as in the matrix of `compile_profiles`.

    Args:
        profiles: the same profiles.
        vocabulary: new features are added to it.

    Returns:
        The avoided keywords as text keywords; None if no profile has any.
    """
    if not any(topic.avoided for profile in profiles for topic in profile.topics):
        return None
    return compile_profiles(map(_avoided, profiles), vocabulary)


def _avoided(profile: Profile) -> Profile:
    topics = (
        Topic(name=topic.name, keywords=topic.avoided, weight=topic.weight)
        for topic in profile.topics
    )
    return Profile(topics=tuple(topics), related=profile.related)


def compile_profiles(profiles: Iterable[Profile], vocabulary: Vocabulary) -> ProfileMatrix:
    """Compiles profiles, and numbers them in their order.

    Args:
        profiles: all in one language. They are read once and not kept.
        vocabulary: new features are added to it.
    """
    builder = _MatrixBuilder(vocabulary)
    boosts: dict[int, CompiledBoosts] = {}
    topics, limits = array("q", [0]), array("d")
    for number, profile in enumerate(profiles):
        for topic in profile.topics:
            builder.add(topic, related=profile.related)
        topics.append(len(builder.weights))
        limits.append(profile.min_match)
        if profile.boosts != _NO_BOOSTS and (compiled := compile_boosts(profile.boosts)):
            boosts[number] = compiled
    return ProfileMatrix(
        topics=_array(topics),
        related=_array(builder.related).astype(np.bool_),
        weights=_array(builder.weights),
        text_starts=_array(builder.text_starts),
        text_features=_array(builder.text_features),
        text_weights=_array(builder.text_weights),
        forms_weights=_array(builder.forms_weights),
        own_weights=_array(builder.own_weights),
        other_starts=_array(builder.other_starts),
        other_features=_array(builder.other_features),
        other_weights=_array(builder.other_weights),
        limits=_array(limits),
        boosts=boosts,
    )


class _MatrixBuilder:
    """Collects the topics of all profiles."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary, self._number = vocabulary, vocabulary.number
        self._weights: dict[tuple[float, float, int], tuple[float, float, float]] = {}
        # By the weight of a topic and those of its keywords: each kind of weight of all keywords.
        self._weights_of_topics: dict[
            tuple[float, tuple[float, ...]], tuple[array[float], ...]
        ] = {}
        self.related = array("b")
        self.weights = array("d")
        self.text_starts, self.other_starts = array("q", [0]), array("q", [0])
        self.text_features, self.other_features = array("i"), array("i")
        self.text_weights, self.other_weights = array("d"), array("d")
        self.own_weights, self.forms_weights = array("d"), array("d")

    def add(self, topic: Topic, *, related: bool) -> None:
        self.related.append(related)
        self.weights.append(fixed_point.round_weight(topic.weight))
        known = self._vocabulary.known_texts(topic.keywords, other_forms=related)
        if not known or not self._add_known(topic, known):
            self._add_keywords(topic, related=related)
        self.text_starts.append(len(self.text_features))
        if topic.excluded:
            excluded = {self._number(exclusion_feature(keyword)) for keyword in topic.excluded}
            for number in sorted(excluded):
                self.other_features.append(number)
                self.other_weights.append(REMOVED)
        self.other_starts.append(len(self.other_features))

    def _add_known(self, topic: Topic, known: Sequence[KnownText]) -> bool:
        """Adds text keywords that other topics have had; False if one of them may be a repetition."""
        _, numbers, forms, terms, weights = zip(*known, strict=True)
        if len(set(terms)) < len(terms):
            return False
        key = topic.weight, weights
        found = self._weights_of_topics.get(key)
        if found is None:
            parts = (self._weights_of(topic.weight, item[0], len(known)) for item in known)
            kinds = (array("d", kind) for kind in zip(*parts, strict=True))
            found = self._weights_of_topics[key] = tuple(kinds)
        text_weights, forms_weights, own_weights = found
        self.text_features.extend(numbers)
        self.text_weights.extend(text_weights)
        self.forms_weights.extend(forms_weights)
        self.own_weights.extend(own_weights)
        if None not in forms:
            self.other_features.extend(forms)
            self.other_weights.extend(forms_weights)
            return True
        for number, weight in zip(forms, forms_weights, strict=True):
            if number is not None:
                self.other_features.append(number)
                self.other_weights.append(weight)
        return True

    def _add_keywords(self, topic: Topic, *, related: bool) -> None:
        """Adds any keywords."""
        keywords = distinct(topic.keywords)
        texts = [keyword for keyword in keywords if is_text(keyword)]
        for keyword in texts:
            number, forms = self._vocabulary.text_numbers(keyword, other_forms=related)
            weight, forms_weight, own = self._weights_of(topic.weight, keyword, len(texts))
            self.text_features.append(number)
            self.text_weights.append(weight)
            self.forms_weights.append(forms_weight)
            self.own_weights.append(own)
            if forms is not None:
                self.other_features.append(forms)
                self.other_weights.append(forms_weight)
        if len(texts) < len(keywords):
            self._add_others(topic, keywords)

    def _add_others(self, topic: Topic, keywords: Sequence[Keyword]) -> None:
        """Adds authors, connections and categories."""
        for keyword in keywords:
            if not is_text(keyword) and keyword.field != "category":
                self.other_features.append(self._number(feature(keyword)))
                weight = fixed_point.round_weight(topic.weight * keyword.weight)
                self.other_weights.append(weight)
        categories = [keyword for keyword in keywords if keyword.field == "category"]
        if categories:
            self.other_features.append(self._number(category_feature(categories, topic)))
            self.other_weights.append(1.0)

    def _weights_of(
        self, topic_weight: float, keyword: Keyword, keywords: int
    ) -> tuple[float, float, float]:
        """Returns the weight of a keyword, that of its other forms, and its own.

        The weight of a keyword in the direct evidence depends on the number of keywords; in the
        topical evidence it is the reader's own.
        """
        key = topic_weight, keyword.weight, keywords
        found = self._weights.get(key)
        if found is None:
            weight = keyword_weight(keyword, topic_weight=topic_weight, keywords=keywords)
            found = self._weights[key] = (
                weight,
                other_forms_weight(weight, keywords=keywords),
                fixed_point.round_weight(keyword.weight),
            )
        return found


def _array(values: "array[Any]") -> Array:
    if not values:  # `frombuffer` refuses an empty buffer.
        return np.zeros(0, dtype=values.typecode)
    return np.frombuffer(values, dtype=values.typecode)


def _rows(
    starts: Array, features: Array, weights: Array, rows: slice | Array, columns: int
) -> csr_matrix:
    if not isinstance(rows, slice):
        counts = starts[rows + 1] - starts[rows]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        places = np.arange(total) + np.repeat(starts[rows] - ends + counts, counts)
        return csr_matrix(
            (weights[places], features[places], np.concatenate([[0], ends])),
            shape=(len(rows), columns),
        )
    begin, end = int(starts[rows.start]), int(starts[rows.stop])
    return csr_matrix(
        (weights[begin:end], features[begin:end], starts[rows.start : rows.stop + 1] - begin),
        shape=(rows.stop - rows.start, columns),
    )
