"""Numbers the features that profiles look for.

The numbers are the columns of the profile matrix and the rows of the paper matrix. A feature is
a keyword without its weight and its spelling, so that profiles share it. Of the categories of a
topic only the best one counts, so together they are one feature, which includes their weights.
What a feature adds to each paper is computed once for all profiles.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import Keyword, Topic, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import compile_keyword, has_other_forms, unit_scores


class Exclusion(Struct, frozen=True):
    """A keyword that removes papers.

    It is not the feature of the same keyword: an exclusion needs the keyword itself or an alias,
    while other forms and words near each other add to a score.
    """

    keyword: Keyword  # without its text, of weight 1


class OtherForms(Struct, frozen=True):
    """Other forms of a keyword: they count in the profiles in which topical evidence counts."""

    keyword: Keyword  # without its text, of weight 1


Feature = Keyword | Exclusion | OtherForms | tuple[Keyword, ...]
"""A keyword without its text, of weight 1; an exclusion; other forms of a keyword; or the categories
of a topic, with their weights."""


_MOST_OBJECTS = 100_000  # keywords that are known by their identity

KnownText = tuple[Keyword, int, int | None, str, float]
"""A text keyword, the number of its feature and that of its other forms, its term without case, and its
weight as the reader gave it."""


class Vocabulary:
    """The features of any number of profiles, numbered from 0 in the order of their addition."""

    def __init__(self) -> None:
        self._numbers: dict[Feature, int] = {}
        self._features: list[Feature] = []
        # By all that makes a feature of a text keyword: faster than the features themselves.
        self._texts: dict[tuple[object, ...], int] = {}
        self._forms: dict[tuple[object, ...], int | None] = {}
        # By whether other forms are wanted, and the identity of a keyword, which many profiles share;
        # the object is kept, so that it stays the same.
        self._objects: dict[bool, dict[int, KnownText]] = {False: {}, True: {}}

    def __len__(self) -> int:
        """Returns the number of features."""
        return len(self._numbers)

    def first(self, count: int) -> "Vocabulary":
        """Returns the first features, with the same numbers."""
        found = Vocabulary()
        found._features = self._features[:count]
        found._numbers = {feature: number for number, feature in enumerate(found._features)}
        found._texts = {key: number for key, number in self._texts.items() if number < count}
        found._forms = {
            key: number
            for key, number in self._forms.items()
            if key in found._texts and (number is None or number < count)
        }
        return found

    @property
    def features(self) -> Sequence[Feature]:
        """All features, by number."""
        return self._features

    def known(self, feature: Feature) -> int | None:
        """Returns the number of a feature; None if it was not added."""
        return self._numbers.get(feature)

    def number(self, feature: Feature) -> int:
        """Returns the number of a feature, and adds the feature if it is new."""
        number = self._numbers.setdefault(feature, len(self._features))
        if number == len(self._features):
            self._features.append(feature)
        return number

    def text_numbers(self, keyword: Keyword, *, other_forms: bool) -> tuple[int, int | None]:
        """Returns the number of a keyword, and that of its other forms; new ones are added.

        Args:
            keyword: one that is looked for in texts.
            other_forms: whether they are wanted.

        Returns:
            None for the other forms if they are not wanted, or are not looked for.
        """
        objects = self._objects[other_forms]
        known = objects.get(id(keyword))
        if known is not None:
            return known[1], known[2]
        number, forms = self._text_numbers(keyword, other_forms=other_forms)
        if len(objects) >= _MOST_OBJECTS:
            objects.clear()
        objects[id(keyword)] = keyword, number, forms, keyword.term.casefold(), keyword.weight
        return number, forms

    def known_texts(
        self, keywords: Iterable[Keyword], *, other_forms: bool
    ) -> list[KnownText] | None:
        """Returns what `text_numbers` was asked about, faster than it does.

        Args:
            keywords: of any field.
            other_forms: whether they are wanted.

        Returns:
            None if it was not asked about one of these very objects.
        """
        objects = self._objects[other_forms]
        try:
            return [objects[id(keyword)] for keyword in keywords]
        except KeyError:
            return None

    def _text_numbers(self, keyword: Keyword, *, other_forms: bool) -> tuple[int, int | None]:
        key = (
            keyword.term,
            keyword.field,
            keyword.exact,
            keyword.prefix,
            keyword.capitals,
            keyword.forms,
            keyword.language,
        )
        number = self._texts.get(key)
        if number is None:
            number = self._texts[key] = self.number(feature(keyword))
        if not other_forms:
            return number, None
        if key not in self._forms:
            own = self._features[number]
            self._forms[key] = (
                self.number(OtherForms(own))
                if isinstance(own, Keyword) and has_other_forms(keyword)
                else None
            )
        return number, self._forms[key]


class WrittenTerms:
    """Numbers the text keywords as readers wrote them: by their text and their feature."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int], int] = {}
        self._keywords: list[Keyword] = []

    def __getitem__(self, number: int) -> Keyword:
        """Returns a keyword with this number; its weight may be that of another reader."""
        return self._keywords[number]

    def numbers(self, keywords: Sequence[Keyword], features: Sequence[int]) -> list[int]:
        """Returns the numbers of some keywords; new ones are added.

        Args:
            keywords: as their reader wrote them.
            features: the number of the feature of each.
        """
        found: list[int] = []
        for keyword, feature in zip(keywords, features, strict=True):
            number = self._numbers.setdefault((keyword.text, feature), len(self._keywords))
            if number == len(self._keywords):
                self._keywords.append(keyword)
            found.append(number)
        return found

    def ranks(self, numbers: Array) -> Array:
        """Returns for each of some keywords the place of its text in the order of the alphabet."""
        used, places = np.unique(numbers, return_inverse=True)
        texts = [self._keywords[number].text for number in used.tolist()]
        order = {text: rank for rank, text in enumerate(sorted(set(texts)))}
        ranks: Array = np.array([order[text] for text in texts], dtype=np.int64)[places]
        return ranks


def feature(keyword: Keyword) -> Keyword:
    """Returns the feature of a keyword of any field."""
    return replace(keyword, text="", weight=1.0)


def exclusion_feature(keyword: Keyword) -> Exclusion:
    """Returns the feature of an exclusion of any field."""
    return Exclusion(feature(keyword))


def category_feature(categories: Sequence[Keyword], topic: Topic) -> tuple[Keyword, ...]:
    """Returns the feature of all categories of a topic, with their weights in that topic."""
    weighted = (
        replace(category, text="", weight=fixed_point.round_weight(topic.weight * category.weight))
        for category in categories
    )
    return tuple(
        sorted(
            set(weighted), key=lambda category: (category.term, category.prefix, category.weight)
        )
    )


def text_features(vocabulary: Vocabulary, first: int = 0) -> Iterator[tuple[int, Keyword]]:
    """Yields the features that are looked for in texts, with their numbers.

    Args:
        vocabulary: the features.
        first: the number to begin with.
    """
    for number, feature in enumerate(vocabulary.features[first:], start=first):
        if isinstance(feature, Keyword) and is_text(feature):
            yield number, feature


def feature_scores(
    feature: Feature, index: PaperIndex, corpus: Corpus
) -> Iterator[tuple[int, float]]:
    """Yields the number of each paper that a feature matches, and what it adds for a weight of 1.

    Args:
        feature: a keyword, other forms of one, an exclusion (which adds 1), or the categories of
            a topic.
        index: the papers.
        corpus: the stored papers and the background table, for the rarity of the feature.
    """
    if isinstance(feature, Keyword | OtherForms):
        others = isinstance(feature, OtherForms)
        keyword = feature.keyword if isinstance(feature, OtherForms) else feature
        for score in unit_scores(compile_keyword(keyword, corpus), index, corpus):
            if amount := score.forms if others else score.direct:
                yield score.number, amount
        return
    if isinstance(feature, Exclusion):
        for number in compile_keyword(feature.keyword, corpus).matching_papers(index):
            yield number, 1.0
        return
    best: dict[int, float] = {}
    for category in feature:
        compiled = compile_keyword(category, corpus)
        for score in unit_scores(compiled, index, corpus):
            amount = compiled.weight * score.direct
            best[score.number] = max(best.get(score.number, 0.0), amount)
    yield from best.items()
