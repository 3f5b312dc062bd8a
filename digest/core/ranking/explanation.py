"""Divides what topical evidence and related terms add among the keywords, and names words."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from digest.core.background.table import BackgroundTable
from digest.core.ranking.keyword_score import OTHER_FORMS, Contribution
from digest.core.ranking.related_terms import RelatedTerms
from digest.core.ranking.topical_topic import TopicalTopic
from digest.core.text.memo import Memo
from digest.core.text.tokens import TokenizedText, lemma

Array = Any

_POSSESSIVE = ("'s", "’s")
without_possessive = Memo(lambda word: word[:-2] if word.endswith(_POSSESSIVE) else word, 1 << 16)
"""A word without "'s"."""

TOPICAL = "topical"
"""The field of the undivided topical evidence."""

SEMANTIC = "semantic"
"""The field of the undivided semantic evidence."""

RELATED = "related"
"""The field of what is divided among the keywords (topical and semantic evidence, related terms),
and of other forms of a keyword."""

AVOIDED = "avoided"
"""The field of what avoided keywords subtract. Without a keyword, it is topical evidence."""

LIKED = "liked"
"""The field of a liked paper (by its title) that a paper is near to."""

FEEDBACK = "feedback"
"""The field of a paper (by its title) about which the reader gave feedback."""

MIN_SHARE = 0.1
"""A keyword is named if it has at least this share of the topical evidence, or the largest."""

PAIR_SHARE = 0.15
"""A pair of words is named if it adds at least this share of what its larger word adds."""

MIN_WORD_SHARE = 0.4
"""A word is named if it adds at least this share of what the largest one adds."""

MAX_WORDS = 3
"""So many words of the paper are named for a keyword."""


class ExplainedPart(Struct, frozen=True):
    """A part of a sum: the keyword, the field, the amount, and words of the paper."""

    keyword: str
    field: str
    amount: float
    words: tuple[str, ...] = ()


def divide(
    parts: Iterable[Contribution],
    near_words: Callable[[], "NearWords"],
    vector: Array,
    semantic_vector: Array,
    *,
    topical: TopicalTopic | None,
    semantic: TopicalTopic | None,
    related: RelatedTerms | None,
    avoided: TopicalTopic | None = None,
) -> list[ExplainedPart]:
    """Divides the contributions to one paper among the keywords that brought them.

    Args:
        parts: the contributions.
        near_words: finds the words of the paper for which it is near to keywords.
        vector: of the paper, in the background table.
        semantic_vector: of the paper, of the sentence model.
        topical: of the topic.
        semantic: of the topic.
        related: of the topic.
        avoided: the topical evidence of the avoided keywords.

    Returns:
        Parts with the same sum, apart from rounding. A keyword has one part of each field.
    """
    found: list[ExplainedPart] = []
    for part in parts:
        if part.field == RELATED and related:
            found += (
                ExplainedPart(keyword, RELATED, part.amount * share)
                for keyword, share in related.shares
            )
        elif part.field == OTHER_FORMS:
            found.append(ExplainedPart(part.keyword, RELATED, part.amount, part.words))
        elif part.field == TOPICAL and topical:
            found += _topical(part.amount, near_words, vector, topical)
        elif part.field == SEMANTIC and semantic:
            # A sentence model cannot say which words of the paper carried its evidence.
            found += (
                ExplainedPart(semantic.texts[number], RELATED, part.amount * share)
                for number, share in _named(semantic, semantic_vector)
            )
        elif part.field == AVOIDED and not part.keyword and avoided:
            against = _topical(part.amount, near_words, vector, avoided)
            found += (replace(item, field=AVOIDED) for item in against)
        else:
            found.append(ExplainedPart(part.keyword, part.field, part.amount, part.words))
    return joined_parts(found)


def joined_parts(parts: Iterable[ExplainedPart]) -> list[ExplainedPart]:
    """Joins the parts in which a keyword is related to a paper."""
    joined: list[ExplainedPart] = []
    places: dict[str, int] = {}
    for part in parts:
        if part.field != RELATED or part.keyword not in places:
            if part.field == RELATED:
                places[part.keyword] = len(joined)
            joined.append(part)
            continue
        place = places[part.keyword]
        other = joined[place]
        joined[place] = ExplainedPart(
            part.keyword,
            RELATED,
            other.amount + part.amount,
            without_repetitions((*other.words, *part.words)),
        )
    return joined


def without_repetitions(texts: Iterable[str]) -> tuple[str, ...]:
    """Returns the first texts of which no word is in an earlier one."""
    used: set[str] = set()
    kept: list[str] = []
    for text in texts:
        parts = {lemma(part) for part in text.split()}
        if used.isdisjoint(parts):
            used |= parts
            kept.append(text)
    return tuple(kept[:MAX_WORDS])


def _named(topic: TopicalTopic, vector: Array) -> list[tuple[int, float]]:
    """Returns the keywords that are named for a paper: numbers, and shares that sum to 1."""
    return named_shares(topic.parts(vector))


def named_shares(shares: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Returns the keywords that are named for a paper: numbers, and shares that sum to 1.

    Args:
        shares: the keywords with their shares of the topical evidence, from `TopicalTopic.parts`.
    """
    largest = max((share for _, share in shares), default=0.0)
    named = [item for item in shares if item[1] >= min(MIN_SHARE, largest)]
    total = 0.0
    for _, share in named:  # not `sum`, which rounds in another way from Python 3.12 on
        total += share
    return [(number, share / total) for number, share in named]


def _topical(
    amount: float,
    near_words: Callable[[], "NearWords"],
    vector: Array,
    topical: TopicalTopic,
) -> Iterator[ExplainedPart]:
    named = _named(topical, vector)
    numbers = [number for number, _ in named]
    written = near_words().of(topical.keywords.vectors[numbers])
    for text, (number, share) in zip(written, named, strict=True):
        yield ExplainedPart(topical.texts[number], RELATED, amount * share, text)


def _surfaces(
    words: TokenizedText, background: BackgroundTable, terms: Collection[str]
) -> dict[str, str]:
    """Returns some words and pairs as the paper writes them; in lower case, if it does so anywhere.

    The first word of a sentence and the words of many titles have capitals that say nothing. For a
    pair that is part of a longer name, such as "large language model", it is the whole name.

    Args:
        words: the paper.
        background: the table, which knows the longer names.
        terms: the words and pairs.
    """
    lemmas = words.lemmas
    alone = list(map(without_possessive.__getitem__, words.surfaces))
    pairs = {tuple(term.split(" ")): term for term in terms if " " in term}
    written = [item for item in zip(lemmas, alone, strict=True) if item[0] in terms]
    places = [(place, pairs[pair]) for place, pair in enumerate(pairwise(lemmas)) if pair in pairs]
    written += [(term, f"{alone[place]} {alone[place + 1]}") for place, term in places]
    for place, term in places:
        written += [(term, name) for name in longer_names(words, place, background)]
    surfaces: dict[str, str] = {}
    # One that was seen before changes nothing.
    for term, text in dict.fromkeys(written):
        surfaces[term] = plainer(surfaces.get(term), text)
    return surfaces


def plainer(known: str | None, text: str) -> str:
    """Returns the better of two texts for one term: the longer name, or the one in lower case.

    Args:
        known: the first of the paper, or what was better than those before; None: there is none.
        text: another one.
    """
    if known is None:
        return text
    longer = text.count(" ") - known.count(" ")
    is_plainer = not longer and text.islower() and not known.islower()
    return text if longer > 0 or is_plainer else known


def longer_names(words: TokenizedText, place: int, background: BackgroundTable) -> Iterator[str]:
    """Yields the longer names around a pair of words, as the paper writes them.

    Args:
        words: the paper.
        place: of the first word of the pair.
        background: the table, which knows the longer names.
    """
    lemmas = words.lemmas
    for name in background.long_forms_with((lemmas[place], lemmas[place + 1])):
        for start in range(max(0, place - len(name) + 2), place + 1):
            end = start + len(name)
            if lemmas[start:end] == name:
                yield " ".join(map(without_possessive.__getitem__, words.surfaces[start:end]))


class NearWords:
    """Finds the words of a paper for which it is near to keywords.

    Args:
        words: the paper.
        rows: of its terms, in the table.
        background: the table.
    """

    def __init__(self, words: TokenizedText, rows: Array, background: BackgroundTable) -> None:
        self._terms = background.text_terms(rows)
        self._words, self._background = words, background
        self._texts: dict[int, str] = {}  # of the terms that were looked for, as the paper has them

    def of(self, keywords: Array) -> list[tuple[str, ...]]:
        """Returns for each keyword the terms that tell most, as the paper writes them.

        Args:
            keywords: their vectors, as rows.
        """
        shown = self._shown(np.maximum(0.0, self._terms.telling(keywords)))
        least = MIN_WORD_SHARE * shown.max(axis=0, initial=0.0)
        terms, columns = np.nonzero(shown > least)
        names, texts = self._terms.names, self._texts
        self._look_for(terms.tolist())
        # Of equal terms, the first in the alphabet.
        order = sorted(
            zip(
                columns.tolist(),
                (-shown[terms, columns]).tolist(),
                map(names.__getitem__, terms.tolist()),
                terms.tolist(),
                strict=True,
            )
        )
        found: list[list[str]] = [[] for _ in keywords]
        used: set[str] = set()
        last = -1
        for column, _, name, term in order:
            if column != last:
                used, last = set(), column
            named, text = found[column], texts[term]
            if len(named) == MAX_WORDS or not used.isdisjoint(words := words_of(name, text)):
                continue
            if len(text) > 1:
                used.update(words)
                named.append(text)
        return list(map(tuple, found))

    def _look_for(self, terms: list[int]) -> None:
        """Finds how the paper writes terms.

        The second time it does so for all of its terms, as it reads the whole text each time.
        """
        names = self._terms.names
        missing = [term for term in terms if term not in self._texts]
        if missing:
            missing = list(range(len(names))) if self._texts else missing
            surfaces = _surfaces(self._words, self._background, {names[term] for term in missing})
            self._texts.update((term, surfaces.get(names[term], names[term])) for term in missing)

    def _shown(self, amounts: Array) -> Array:
        """Returns what a reader sees explained by terms: a pair also stands for its two words.

        A pair that adds little itself is two words that happen to be neighbours.

        Args:
            amounts: what each term tells, at least 0: terms by keywords.
        """
        with_none = np.concatenate([amounts, np.zeros((1, amounts.shape[1]))])
        pairs = self._terms.pairs
        first, second = (with_none[column] for column in self._terms.words_of_pairs.T)
        own = amounts[pairs]
        enough = (own > 0.0) & (own >= PAIR_SHARE * np.maximum(first, second))
        shown = amounts.copy()
        shown[pairs] = np.where(enough, own + (first + second), 0.0)
        return shown


@lru_cache(maxsize=1 << 15)
def words_of(name: str, text: str) -> frozenset[str]:
    """Returns the words of a term, none of which is named twice.

    Args:
        name: the term.
        text: as the paper writes it.
    """
    return frozenset((*name.split(" "), *map(lemma, text.split())))
