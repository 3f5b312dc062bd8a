"""Computes the score of a paper for a profile, from 0 to 100, with an explanation.

For one topic, s = weight x (direct + topical + related + liked - avoided + boosts) + feedback:
    direct   what the topic's keywords add that the paper contains (`digest.core.ranking.keyword_score`)
    topical  how near the paper is to the keywords (`digest.core.ranking.topical_evidence`); with a
             sentence model, half of it is semantic (`digest.core.semantic.evidence`)
    related  what stored papers teach about words that the background table does not know
             (`digest.core.ranking.related_terms`)
    liked    how near a paper is to the reading list of the topic (`digest.core.examples.liked_papers`)
    avoided  the direct and topical evidence of the topic's avoided keywords. A paper of which nothing
             is left does not match the topic
    boosts   small amounts for votes, code and authors, if turned on (`digest.core.ranking.boosts`)
    feedback what the reader said about like papers, in all topics (`digest.core.examples.feedback_votes`)
The score is 100 x (1 - exp(-1.358 s^(3/2))) of the best topic. All sums are exact, and the same input
always gives the same score (`digest.core.ranking.fixed_point`).
docs/research/ranking.md gives the sources, the constants and the measurements.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import exp, fsum, log, sqrt
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.core.examples.feedback_votes import FeedbackScores, FeedbackVotes, compile_feedback
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.models.editions import KeywordMatch, RankedPaper
from digest.core.models.profiles import Keyword, Profile, Topic, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.boosts import CompiledBoosts, compile_boosts
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.explanation import (
    FEEDBACK,
    LIKED,
    ExplainedPart,
    NearWords,
    divide,
)
from digest.core.ranking.keyword_score import (
    Contribution,
    compile_keyword,
)
from digest.core.ranking.related_terms import learn_related
from digest.core.ranking.topic_contributions import CompiledTopic, topic_contributions
from digest.core.ranking.topical_topic import compile_topical_topic

if TYPE_CHECKING:
    from digest.core.examples.liked_papers import LikedPapers, LikedScores

WORTH_A_LOOK = 0.3
"""The sum from which a paper is worth a look. It has the score 20, the usual `min_match`."""

STEEPNESS = -log(1 - 0.20) / WORTH_A_LOOK**1.5


class CompiledProfile(Struct, frozen=True, kw_only=True):
    """A profile compiled against a corpus; it can rank any papers."""

    topics: tuple[CompiledTopic, ...]
    corpus: Corpus
    boosts: CompiledBoosts
    feedback: FeedbackVotes | None = None


class _TopicScore(Struct, frozen=True, kw_only=True):
    """The sum of a paper in a topic, and the contributions to it."""

    total: float
    topic: CompiledTopic
    contributions: list[Contribution]
    liked: "LikedScores | None"  # of the topic


def compile_profile(profile: Profile, corpus: Corpus) -> CompiledProfile:
    """Compiles a profile: learns how rare its keywords are, and what is near to them.

    Args:
        profile: what the reader wants.
        corpus: the stored papers and the background table, in the language of the profile.
    """
    return CompiledProfile(
        topics=tuple(
            _compile_topic(topic, corpus, related=profile.related, language=profile.language)
            for topic in profile.topics
        ),
        corpus=corpus,
        boosts=compile_boosts(profile.boosts),
        feedback=feedback_of(profile, corpus),
    )


def feedback_of(profile: Profile, corpus: Corpus) -> FeedbackVotes | None:
    """Compiles the feedback of a profile's reader; None if there is none."""
    return compile_feedback(
        profile.feedback,
        as_of=profile.feedback_as_of,
        language=profile.language,
        background=corpus.background,
    )


def liked_papers_of(topic: Topic, corpus: Corpus, *, language: str) -> "LikedPapers | None":
    """Compiles the reading list of a topic; None if there is none."""
    if not topic.likes:
        return None
    # Imported here: most topics have no reading list.
    from digest.core.examples.liked_papers import compile_liked

    return compile_liked(
        topic.likes,
        weight=fixed_point.round_weight(topic.weight),
        keywords=sum(map(is_text, distinct(topic.keywords))),
        language=language,
        background=corpus.background,
    )


def rank(
    papers: Sequence[TokenizedPaper] | PaperIndex,
    compiled: CompiledProfile,
    *,
    keep_all: bool = False,
    explained_from: float = 0.0,
) -> list[RankedPaper]:
    """Returns the papers that match a profile, best first.

    Papers with equal scores are in the order of their announcements, then of their ids.

    Args:
        papers: in any order; the result does not depend on it. To rank many profiles, build a
            `PaperIndex` once and pass it.
        compiled: from `compile_profile`.
        keep_all: also return the papers that match nothing, with score 0.
        explained_from: papers with a lower score get no matches. To explain a paper takes longer
            than to score it, and a digest shows few of them.
    """
    index = papers if isinstance(papers, PaperIndex) else PaperIndex(papers)
    feedback = compiled.feedback.scores(index) if compiled.feedback else None
    best = _best_topics(index, compiled, feedback)
    order = sorted(best, key=lambda number: (-best[number].total, index.sort_key(number)))
    ranked = [
        _ranked(index, number, best[number], compiled, feedback, explained_from=explained_from)
        for number in order
    ]
    if keep_all:
        others = (number for number in range(len(index.papers)) if number not in best)
        ranked += (
            RankedPaper(candidate=index.papers[number].candidate, score=0.0, topic=None, matches=())
            for number in sorted(others, key=index.sort_key)
        )
    return ranked


def totals(index: PaperIndex, compiled: CompiledProfile) -> list[float]:
    """Returns the sum of each paper in its best topic, without explanations; 0 for no match.

    Args:
        index: the papers.
        compiled: from `compile_profile`.
    """
    feedback = compiled.feedback.scores(index) if compiled.feedback else None
    best = _best_topics(index, compiled, feedback)
    return [best[number].total if number in best else 0.0 for number in range(len(index.papers))]


def _best_topics(
    index: PaperIndex, compiled: CompiledProfile, feedback: FeedbackScores | None
) -> dict[int, _TopicScore]:
    """Returns the best topic of each paper that matches, by number."""
    best: dict[int, _TopicScore] = {}
    for topic in compiled.topics:
        liked = topic.liked.scores(index) if topic.liked else None
        for number, parts in topic_contributions(
            topic, index, compiled.corpus, boosts=compiled.boosts, liked=liked, feedback=feedback
        ).items():
            total = min(fixed_point.MAX_TOTAL, sum(part.amount for part in parts))
            # `>`: of equal topics the first one of the profile counts.
            if number not in best or total > best[number].total:
                best[number] = _TopicScore(
                    total=total, topic=topic, contributions=parts, liked=liked
                )
    return best


def to_scale(total: float) -> float:
    """Returns the score, from 0 to 100, of a sum of contributions."""
    return 100.0 * (1.0 - exp(-STEEPNESS * total * sqrt(total)))


def distinct(keywords: Iterable[Keyword]) -> tuple[Keyword, ...]:
    """Returns the keywords without repetitions; of equal ones that with the largest weight."""
    keywords = tuple(keywords)
    # With different terms, as in nearly every topic, they are different.
    if len({keyword.term.casefold() for keyword in keywords}) == len(keywords):
        return keywords
    heaviest: dict[tuple[object, ...], Keyword] = {}
    for keyword in keywords:
        # Aliases and the weight do not make another keyword.
        meaning = (keyword.field, keyword.term.casefold(), keyword.exact, keyword.prefix)
        other = heaviest.get(meaning)
        # Written twice, a keyword must not count twice.
        if other is None or keyword.weight > other.weight:
            heaviest[meaning] = keyword
    return tuple(heaviest.values())


def _compile_topic(topic: Topic, corpus: Corpus, *, related: bool, language: str) -> CompiledTopic:
    written = distinct(topic.keywords)
    texts = [keyword for keyword in written if is_text(keyword)]
    keywords = tuple(
        compile_keyword(keyword, corpus, topic_weight=topic.weight, keywords=len(texts))
        for keyword in written
    )
    excluded = tuple(compile_keyword(keyword, corpus) for keyword in topic.excluded)
    weight = fixed_point.round_weight(topic.weight)
    topical = (
        compile_topical_topic(texts, corpus.background, corpus.spread)
        if related and texts
        else None
    )
    semantic = None
    if related and texts and corpus.semantic:
        # Imported here: most homes have no sentence model.
        from digest.core.semantic.evidence import compile_semantic_topic

        semantic = compile_semantic_topic(texts, corpus.semantic)
    known = topical.known if topical else 0.0
    return CompiledTopic(
        name=topic.name,
        weight=weight,
        keywords=keywords,
        excluded=excluded,
        other_forms=related,
        topical=topical,
        semantic=semantic,
        related=learn_related(keywords, excluded, corpus, weight=weight, known=known)
        if related
        else None,
        liked=liked_papers_of(topic, corpus, language=language),
        avoided=_compile_avoided(topic, corpus, related=related) if topic.avoided else None,
    )


def _compile_avoided(topic: Topic, corpus: Corpus, *, related: bool) -> CompiledTopic:
    """Compiles the avoided keywords of a topic, without related terms.

    Those are learned from few papers: good enough to find a paper, not to take one away.
    """
    written = distinct(topic.avoided)
    return CompiledTopic(
        name=topic.name,
        weight=fixed_point.round_weight(topic.weight),
        keywords=tuple(
            compile_keyword(keyword, corpus, topic_weight=topic.weight, keywords=len(written))
            for keyword in written
        ),
        excluded=(),
        other_forms=related,
        topical=compile_topical_topic(written, corpus.background, corpus.spread)
        if related
        else None,
        semantic=None,
        related=None,
    )


def _ranked(
    index: PaperIndex,
    number: int,
    best: _TopicScore,
    compiled: CompiledProfile,
    feedback: FeedbackScores | None,
    *,
    explained_from: float,
) -> RankedPaper:
    """Returns the paper with its score, divided among the contributions in proportion."""
    paper, score = index.papers[number], to_scale(best.total)
    # An explanation takes longer than the score, and nobody sees those of papers below `min_match`.
    if score < explained_from:
        return RankedPaper(
            candidate=paper.candidate, score=score, topic=best.topic.name, matches=()
        )
    background = compiled.corpus.background
    parts = divide(
        _named(best, number, feedback),
        lambda: NearWords(paper.words, index.topical_rows(background).of(number), background),
        index.topical_vectors(background)[number],
        index.semantic_vectors(compiled.corpus.semantic)[0][number],
        topical=best.topic.topical,
        semantic=best.topic.semantic,
        related=best.topic.related,
        avoided=best.topic.avoided.topical if best.topic.avoided else None,
    )
    return RankedPaper(
        candidate=paper.candidate,
        score=score,
        topic=best.topic.name,
        matches=keyword_matches(parts, score),
    )


def keyword_matches(parts: Sequence[ExplainedPart], score: float) -> tuple[KeywordMatch, ...]:
    """Divides a score among the parts of a sum, in proportion; the largest comes first."""
    total = fsum([part.amount for part in parts])
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
    return tuple(matches)


def _named(
    best: _TopicScore, number: int, feedback: FeedbackScores | None
) -> Iterator[Contribution]:
    """Yields the contributions to a paper, with the titles of the papers that it is like."""
    for part in best.contributions:
        named = {LIKED: best.liked, FEEDBACK: feedback}.get(part.field)
        if named is None:
            yield part
        else:
            for title, share in named.parts(number):
                yield Contribution(title, part.field, part.amount * share)
