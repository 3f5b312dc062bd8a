"""The score of a paper for a profile: 0 to 100, deterministic, and explained.

For one topic, s = weight x (direct + related + boosts):
    direct   what its keywords add that the paper holds (`digest.core.direct`)
    related  what the terms add that come with them in the papers seen (`digest.core.related`)
    boosts   small sums for votes, code and authors, where wanted (`digest.core.boosts`)
The score is 100 x (1 - exp(-1.8 s)) of the best topic. All sums are exact (`digest.core.grains`).
docs/ranking.md gives the sources, the constants and what was measured.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum

from digest.core.models.editions import KeywordMatch, RankedPaper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking import fixed_point
from digest.core.ranking.boosts import CompiledBoosts, compile_boosts
from digest.core.ranking.corpus import (
    Corpus,
    PaperIndex,
    TokenizedPaper,
)
from digest.core.ranking.keyword_score import (
    CompiledKeyword,
    Contribution,
    compile_keyword,
    contributions,
)
from digest.core.ranking.related_terms import RelatedTerms, learn_related

STEEPNESS = 1.8
"""A keyword of ordinary rarity, three times in an ordinary abstract, scores about 47."""

RELATED = "related"
"""The field of what related terms add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTopic:
    """A topic, compiled."""

    name: str
    weight: float  # in whole grains
    rules: tuple[CompiledKeyword, ...]
    excluded: tuple[CompiledKeyword, ...]
    related: RelatedTerms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProfile:
    """A profile compiled against a corpus, for any number of papers."""

    topics: tuple[CompiledTopic, ...]
    corpus: Corpus
    boosts: CompiledBoosts


@dataclass(frozen=True, slots=True, kw_only=True)
class _TopicScore:
    """A paper's total in a topic, and what adds to it."""

    total: float
    topic: CompiledTopic
    parts: list[Contribution]


def compile_profile(profile: Profile, corpus: Corpus) -> CompiledProfile:
    """Freeze a profile's keywords, their rarities and related terms in this corpus."""
    return CompiledProfile(
        topics=tuple(_topic(topic, corpus, related=profile.related) for topic in profile.topics),
        corpus=corpus,
        boosts=compile_boosts(profile.boosts),
    )


def rank(
    papers: Sequence[TokenizedPaper] | PaperIndex,
    compiled: CompiledProfile,
    *,
    keep_all: bool = False,
) -> list[RankedPaper]:
    """The papers that match, best first; ties by sequence, then by paper id.

    Args:
        papers: in any order; the result does not depend on it. For many profiles, build
            their `Index` once and pass it.
        compiled: from `compile_profile`.
        keep_all: keep those that match nothing, at score 0.
    """
    index = papers if isinstance(papers, PaperIndex) else PaperIndex(papers)
    best: dict[int, _TopicScore] = {}
    for topic in compiled.topics:
        for number, some in _collect(topic, index, compiled).items():
            total = min(fixed_point.MAX_TOTAL, sum(part.amount for part in some))
            if number not in best or total > best[number].total:
                best[number] = _TopicScore(total=total, topic=topic, parts=some)
    order = sorted(best, key=lambda number: (-best[number].total, index.order(number)))
    ranked = [_ranked(index.papers[number], best[number]) for number in order]
    if keep_all:
        others = (number for number in range(len(index.papers)) if number not in best)
        ranked += (
            RankedPaper(candidate=index.papers[number].candidate, score=0.0, topic=None, matches=())
            for number in sorted(others, key=index.order)
        )
    return ranked


def to_scale(total: float) -> float:
    """A sum on the scale of 0 to 100."""
    return 100.0 * (1.0 - exp(-STEEPNESS * total))


def distinct(keywords: Iterable[Keyword]) -> tuple[Keyword, ...]:
    """Of the keywords that look for the same, the heaviest alone."""
    heaviest: dict[tuple[object, ...], Keyword] = {}
    for keyword in keywords:
        meaning = (keyword.field, keyword.term.casefold(), keyword.exact, keyword.prefix)
        other = heaviest.get(meaning)
        if other is None or keyword.weight > other.weight:
            heaviest[meaning] = keyword
    return tuple(heaviest.values())


def _topic(topic: Topic, corpus: Corpus, *, related: bool) -> CompiledTopic:
    rules = tuple(
        compile_keyword(one, corpus, weight=topic.weight) for one in distinct(topic.keywords)
    )
    excluded = tuple(compile_keyword(one, corpus) for one in topic.excluded)
    weight = fixed_point.round_weight(topic.weight)
    return CompiledTopic(
        name=topic.name,
        weight=weight,
        rules=rules,
        excluded=excluded,
        related=learn_related(rules, excluded, corpus, weight=weight) if related else None,
    )


def _collect(
    topic: CompiledTopic, index: PaperIndex, compiled: CompiledProfile
) -> dict[int, list[Contribution]]:
    """What adds to the sum of each paper that the topic does not exclude."""
    found: defaultdict[int, list[Contribution]] = defaultdict(list)
    categories: dict[int, Contribution] = {}
    for one in topic.rules:
        for number, part in contributions(one, index, compiled.corpus.mean_length):
            if part.field != "category":
                found[number].append(part)
            elif number not in categories or part.amount > categories[number].amount:
                categories[number] = part
    if topic.related:
        _add_related(topic.related, index.vectors(compiled.corpus.space), found)
    for number, part in categories.items():
        found[number].append(part)
    for number in {number for one in topic.excluded for number in one.holders(index)}:
        found.pop(number, None)
    for number, some in found.items():
        lifts = compiled.boosts.of(index.papers[number].candidate.paper)
        some.extend(
            Contribution(what, field, topic.weight * amount) for what, field, amount in lifts
        )
    return found


def _add_related(
    related: RelatedTerms,
    vectors: Sequence[Mapping[str, float]],
    found: dict[int, list[Contribution]],
) -> None:
    for number, vector in enumerate(vectors):
        alone = all(part.field == "author" for part in found.get(number, ()))
        if amount := related.amount(vector, alone=alone):
            found.setdefault(number, []).append(Contribution("", RELATED, amount))


def _ranked(paper: TokenizedPaper, found: _TopicScore) -> RankedPaper:
    """The paper with its explanation: its score, shared out as its parts add to the sum."""
    points = to_scale(found.total)
    parts = [
        Contribution(keyword, RELATED, part.amount * share)
        for part in found.parts
        if part.field == RELATED and found.topic.related
        for keyword, share in found.topic.related.shares
    ]
    parts += (part for part in found.parts if part.field != RELATED)
    whole = fsum(part.amount for part in parts)
    matches = [
        KeywordMatch(
            keyword=part.keyword, field=part.field, contribution=points * (part.amount / whole)
        )
        for part in parts
    ]
    matches.sort(key=lambda match: (-match.contribution, match.keyword, match.field))
    return RankedPaper(
        candidate=paper.candidate, score=points, topic=found.topic.name, matches=tuple(matches)
    )
