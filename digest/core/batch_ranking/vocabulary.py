"""What profiles look for, numbered: the columns of their matrix and the rows of the papers'.

A feature is what a keyword looks for, without its weight and its spelling, so that profiles
share it. Of the categories of a topic the best alone counts: together they are one feature,
with their weights. What a feature adds to the papers is worked out once for all profiles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.core.keywords.aliases import all_forms
from digest.core.keywords.patterns import Pattern, pattern
from digest.core.models.profiles import Keyword, Topic
from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus, PaperIndex
from digest.core.ranking.keyword_score import compile_keyword, unit_scores

Feature = Keyword | tuple[Keyword, ...]
"""A keyword without its text, of weight 1; or the categories of a topic, with weights."""


class Vocabulary:
    """The features of any number of profiles, numbered from 0 in the order they are met."""

    def __init__(self) -> None:
        self._numbers: dict[Feature, int] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._numbers)

    @property
    def features(self) -> Sequence[Feature]:
        """All of them, by number."""
        return tuple(self._numbers)

    def number(self, feature: Feature) -> int:
        """The number of a feature, a new one if it is new."""
        return self._numbers.setdefault(feature, len(self._numbers))


def feature(keyword: Keyword) -> Keyword:
    """What a keyword of any field looks for."""
    return replace(keyword, text="", weight=1.0)


def category_feature(categories: Sequence[Keyword], topic: Topic) -> tuple[Keyword, ...]:
    """What the categories of a topic look for, with the weights that they have there."""
    weighed = (
        replace(one, text="", weight=fixed_point.round_weight(topic.weight * one.weight))
        for one in categories
    )
    return tuple(sorted(set(weighed), key=lambda one: (one.term, one.prefix, one.weight)))


def patterns(one: Feature) -> Iterator[Pattern]:
    """What a feature looks for in texts."""
    if isinstance(one, Keyword) and one.field in ("text", "title"):
        yield from map(pattern, all_forms(one))


def values(one: Feature, index: PaperIndex, corpus: Corpus) -> Iterator[tuple[int, float]]:
    """What a feature adds to each paper that it finds, by number, for a weight of 1."""
    if isinstance(one, Keyword):
        for number, _, unit in unit_scores(compile_keyword(one, corpus), index, corpus.mean_length):
            yield number, unit
        return
    best: dict[int, float] = {}
    for keyword in one:
        compiled = compile_keyword(keyword, corpus)
        for number, _, unit in unit_scores(compiled, index, corpus.mean_length):
            best[number] = max(best.get(number, 0.0), compiled.weight * unit)
    yield from best.items()
