"""Computes the score of a paper for a profile, from 0 to 100, with an explanation.

For one topic, s = weight x (direct + topical + related + boosts):
    direct   what the topic's keywords add that the paper contains (`digest.core.ranking.keyword_score`)
    topical  how near the paper is to the keywords (`digest.core.ranking.topical_evidence`); with a
             sentence model, half of it is semantic (`digest.core.semantic.evidence`)
    related  what stored papers teach about words that the background table does not know
             (`digest.core.ranking.related_terms`)
    boosts   small amounts for votes, code and authors, if turned on (`digest.core.ranking.boosts`)
The score is 100 x (1 - exp(-1.358 s^(3/2))) of the best topic. All sums are exact, and the same input
always gives the same score (`digest.core.ranking.fixed_point`).
docs/research/ranking.md gives the sources, the constants and the measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, fsum, log, sqrt

from digest.core.models.editions import KeywordMatch, RankedPaper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking import fixed_point
from digest.core.ranking.boosts import CompiledBoosts, compile_boosts
from digest.core.ranking.corpus import Corpus, PaperIndex, TokenizedPaper
from digest.core.ranking.explanation import RELATED, SEMANTIC, TOPICAL, divide
from digest.core.ranking.keyword_score import (
    CompiledKeyword,
    Contribution,
    compile_keyword,
    contributions,
    is_text,
)
from digest.core.ranking.related_terms import RelatedTerms, learn_related
from digest.core.ranking.topical_topic import TopicalTopic, compile_topical_topic
from digest.core.semantic.evidence import compile_semantic_topic

WORTH_A_LOOK = 0.3
"""The sum from which a paper is worth a look. It has the score 20, the usual `min_match`."""

STEEPNESS = -log(1 - 0.20) / WORTH_A_LOOK**1.5

FORMULA = 2
"""The number of the formula. A change that gives other scores must raise it, so that scores of
earlier editions are not compared with new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTopic:
    """A topic compiled against a corpus."""

    name: str
    weight: float  # a fixed-point number
    keywords: tuple[CompiledKeyword, ...]
    excluded: tuple[CompiledKeyword, ...]
    topical: TopicalTopic | None
    semantic: TopicalTopic | None
    related: RelatedTerms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProfile:
    """A profile compiled against a corpus; it can rank any papers."""

    topics: tuple[CompiledTopic, ...]
    corpus: Corpus
    boosts: CompiledBoosts


@dataclass(frozen=True, slots=True, kw_only=True)
class _TopicScore:
    """The sum of a paper in a topic, and the contributions to it."""

    total: float
    topic: CompiledTopic
    contributions: list[Contribution]


def compile_profile(profile: Profile, corpus: Corpus) -> CompiledProfile:
    """Compiles a profile: learns how rare its keywords are, and what is near to them.

    Args:
        profile: what the reader wants.
        corpus: the stored papers and the background table, in the language of the profile.
    """
    return CompiledProfile(
        topics=tuple(
            _compile_topic(topic, corpus, related=profile.related) for topic in profile.topics
        ),
        corpus=corpus,
        boosts=compile_boosts(profile.boosts),
    )


def rank(
    papers: Sequence[TokenizedPaper] | PaperIndex,
    compiled: CompiledProfile,
    *,
    keep_all: bool = False,
) -> list[RankedPaper]:
    """Returns the papers that match a profile, best first.

    Papers with equal scores are in the order of their announcements, then of their ids.

    Args:
        papers: in any order; the result does not depend on it. To rank many profiles, build a
            `PaperIndex` once and pass it.
        compiled: from `compile_profile`.
        keep_all: also return the papers that match nothing, with score 0.
    """
    index = papers if isinstance(papers, PaperIndex) else PaperIndex(papers)
    best: dict[int, _TopicScore] = {}
    for topic in compiled.topics:
        for number, parts in _contributions(topic, index, compiled).items():
            total = min(fixed_point.MAX_TOTAL, sum(part.amount for part in parts))
            if number not in best or total > best[number].total:
                best[number] = _TopicScore(total=total, topic=topic, contributions=parts)
    order = sorted(best, key=lambda number: (-best[number].total, index.sort_key(number)))
    ranked = [_ranked(index, number, best[number], compiled) for number in order]
    if keep_all:
        others = (number for number in range(len(index.papers)) if number not in best)
        ranked += (
            RankedPaper(candidate=index.papers[number].candidate, score=0.0, topic=None, matches=())
            for number in sorted(others, key=index.sort_key)
        )
    return ranked


def scoring_fingerprint(profile: Profile, corpus: Corpus) -> str:
    """Returns a short hash of everything that determines scores, except the stored papers.

    The same fingerprint means the same scores, if the statistics are the same too.

    Args:
        profile: its topics, boosts and language.
        corpus: its background table and its sentence model.
    """
    content = (
        FORMULA,
        profile.topics,
        profile.boosts,
        profile.related,
        profile.language,
        corpus.background.table_id,
        corpus.semantic.model_id if corpus.semantic else "",
    )
    return sha256(repr(content).encode()).hexdigest()[:16]


def to_scale(total: float) -> float:
    """Returns the score, from 0 to 100, of a sum of contributions."""
    return 100.0 * (1.0 - exp(-STEEPNESS * total * sqrt(total)))


def distinct(keywords: Iterable[Keyword]) -> tuple[Keyword, ...]:
    """Returns the keywords without repetitions; of equal ones that with the largest weight."""
    heaviest: dict[tuple[object, ...], Keyword] = {}
    for keyword in keywords:
        meaning = (keyword.field, keyword.term.casefold(), keyword.exact, keyword.prefix)
        other = heaviest.get(meaning)
        if other is None or keyword.weight > other.weight:
            heaviest[meaning] = keyword
    return tuple(heaviest.values())


def _compile_topic(topic: Topic, corpus: Corpus, *, related: bool) -> CompiledTopic:
    written = distinct(topic.keywords)
    texts = [keyword for keyword in written if is_text(keyword)]
    keywords = tuple(
        compile_keyword(keyword, corpus, topic_weight=topic.weight, keywords=len(texts))
        for keyword in written
    )
    excluded = tuple(compile_keyword(keyword, corpus) for keyword in topic.excluded)
    weight = fixed_point.round_weight(topic.weight)
    topical = compile_topical_topic(texts, corpus.background) if related and texts else None
    semantic = (
        compile_semantic_topic(texts, corpus.semantic)
        if related and texts and corpus.semantic
        else None
    )
    known = topical.known if topical else 0.0
    return CompiledTopic(
        name=topic.name,
        weight=weight,
        keywords=keywords,
        excluded=excluded,
        topical=topical,
        semantic=semantic,
        related=learn_related(keywords, excluded, corpus, weight=weight, known=known)
        if related
        else None,
    )


def _contributions(
    topic: CompiledTopic, index: PaperIndex, compiled: CompiledProfile
) -> dict[int, list[Contribution]]:
    """Returns the contributions to each paper, by number, that the topic does not exclude."""
    by_paper, best_category = _found_keywords(topic, index, compiled.corpus)
    if topic.related:
        for number, vector in enumerate(index.vectors(compiled.corpus.space)):
            if amount := topic.related.amount(vector):
                by_paper[number].append(Contribution("", RELATED, amount))
    _add_nearness(topic, index, compiled.corpus, by_paper)
    for number, part in best_category.items():
        by_paper[number].append(part)
    excluded = {number for keyword in topic.excluded for number in keyword.matching_papers(index)}
    for number in excluded:
        by_paper.pop(number, None)
    if compiled.boosts:
        _add_boosts(compiled.boosts, topic.weight, index, by_paper)
    return by_paper


def _add_nearness(
    topic: CompiledTopic,
    index: PaperIndex,
    corpus: Corpus,
    by_paper: dict[int, list[Contribution]],
) -> None:
    """Adds the topical and the semantic evidence."""
    vectors, share = index.semantic_vectors(corpus.semantic if topic.semantic else None)
    found = []
    if topic.topical:
        own = index.topical_vectors(corpus.background)
        amounts = topic.topical.amounts(own, weight=topic.weight, share=1.0 - share)
        found.append((TOPICAL, amounts))
    if topic.semantic:
        amounts = topic.semantic.amounts(vectors, weight=topic.weight, share=share)
        found.append((SEMANTIC, amounts))
    for field, amounts in found:
        for number, amount in enumerate(amounts.tolist()):
            if amount:
                by_paper[number].append(Contribution("", field, amount))


def _add_boosts(
    boosts: CompiledBoosts,
    weight: float,
    index: PaperIndex,
    by_paper: dict[int, list[Contribution]],
) -> None:
    for number, parts in by_paper.items():
        lifts = boosts.contributions(index.papers[number].candidate.paper)
        parts.extend(Contribution(name, field, weight * amount) for name, field, amount in lifts)


def _found_keywords(
    topic: CompiledTopic, index: PaperIndex, corpus: Corpus
) -> tuple[defaultdict[int, list[Contribution]], dict[int, Contribution]]:
    """Returns what keywords and authors add to each paper, and what its best category adds."""
    by_paper: defaultdict[int, list[Contribution]] = defaultdict(list)
    # Of the categories of a topic, only the one that adds most to a paper counts.
    best_category: dict[int, Contribution] = {}
    for keyword in topic.keywords:
        for number, part in contributions(keyword, index, corpus):
            if part.field != "category":
                by_paper[number].append(part)
            elif number not in best_category or part.amount > best_category[number].amount:
                best_category[number] = part
    return by_paper, best_category


def _ranked(
    index: PaperIndex, number: int, best: _TopicScore, compiled: CompiledProfile
) -> RankedPaper:
    """Returns the paper with its score, divided among the contributions in proportion."""
    paper, score = index.papers[number], to_scale(best.total)
    background = compiled.corpus.background
    parts = divide(
        best.contributions,
        paper.words,
        index.topical_vectors(background)[number],
        index.semantic_vectors(compiled.corpus.semantic)[0][number],
        topical=best.topic.topical,
        semantic=best.topic.semantic,
        related=best.topic.related,
        background=background,
    )
    total = fsum(part.amount for part in parts)
    matches = [
        KeywordMatch(
            keyword=part.keyword,
            field=part.field,
            contribution=score * (part.amount / total),
            words=part.words,
        )
        for part in parts
    ]
    matches.sort(key=lambda match: (-match.contribution, match.keyword, match.field))
    return RankedPaper(
        candidate=paper.candidate, score=score, topic=best.topic.name, matches=tuple(matches)
    )
