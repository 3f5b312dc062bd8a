"""Collects what adds to the score of each paper in one topic, and what subtracts from it.

`digest.core.ranking.scoring` has the formula.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.core.examples.feedback_votes import FeedbackScores
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.boosts import CompiledBoosts
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.explanation import (
    AVOIDED,
    FEEDBACK,
    LIKED,
    RELATED,
    SEMANTIC,
    TOPICAL,
)
from digest.core.ranking.keyword_score import (
    OTHER_FORMS,
    CompiledKeyword,
    Contribution,
    contributions,
)
from digest.core.ranking.related_terms import RelatedTerms
from digest.core.ranking.topical_topic import TopicalTopic

if TYPE_CHECKING:
    from digest.core.examples.liked_papers import LikedPapers, LikedScores


class CompiledTopic(Struct, frozen=True, kw_only=True):
    """A topic compiled against a corpus."""

    name: str
    weight: float  # a fixed-point number
    keywords: tuple[CompiledKeyword, ...]
    excluded: tuple[CompiledKeyword, ...]
    other_forms: bool  # whether other forms of the keywords count
    topical: TopicalTopic | None
    semantic: TopicalTopic | None
    related: RelatedTerms | None
    liked: "LikedPapers | None" = None
    avoided: "CompiledTopic | None" = None  # the avoided keywords, as a topic of the same weight


def topic_contributions(
    topic: CompiledTopic,
    index: PaperIndex,
    corpus: Corpus,
    *,
    boosts: CompiledBoosts,
    liked: "LikedScores | None",
    feedback: FeedbackScores | None,
) -> dict[int, list[Contribution]]:
    """Returns the contributions to each paper, by number, that the topic does not exclude.

    Args:
        topic: compiled against the corpus.
        index: the papers.
        corpus: the stored papers and the background table.
        boosts: of the profile.
        liked: what the reading list of the topic adds; None if there is none.
        feedback: what the reader's feedback adds; None if there is none.
    """
    by_paper = _evidence(topic, index, corpus)
    if liked:
        for number, amount in enumerate(liked.amounts.tolist()):
            if amount:
                by_paper[number].append(Contribution("", LIKED, amount))
    # Before avoided keywords and boosts: what is excluded cannot be lifted again.
    excluded = {number for keyword in topic.excluded for number in keyword.matching_papers(index)}
    for number in excluded:
        by_paper.pop(number, None)
    if topic.avoided:
        _subtract(_evidence(topic.avoided, index, corpus), by_paper)
    # Boosts lift papers that match anyway. Feedback comes after them, because it finds papers too.
    if boosts:
        _add_boosts(boosts, topic.weight, index, by_paper)
    if feedback:
        _add_feedback(feedback, excluded, by_paper)
    return by_paper


def _add_feedback(
    feedback: FeedbackScores,
    excluded: Collection[int],
    by_paper: defaultdict[int, list[Contribution]],
) -> None:
    """Adds what the reader said about like papers; a paper of which nothing is left is removed."""
    for number, amount in enumerate(feedback.amounts.tolist()):
        # Feedback finds papers too, but none that the reader has excluded.
        if amount and number not in excluded:
            by_paper[number].append(Contribution("", FEEDBACK, amount))
            if sum(part.amount for part in by_paper[number]) <= 0.0:
                del by_paper[number]


def _evidence(
    topic: CompiledTopic, index: PaperIndex, corpus: Corpus
) -> defaultdict[int, list[Contribution]]:
    """Returns what a topic's keywords, topical evidence and related terms add to each paper."""
    by_paper, direct, best_category = _found_keywords(topic, index, corpus)
    if topic.related:
        for number, vector in enumerate(index.vectors(corpus.space)):
            if amount := topic.related.amount(vector, direct.get(number, 0.0)):
                by_paper[number].append(Contribution("", RELATED, amount))
    _add_nearness(topic, index, corpus, by_paper)
    for number, part in best_category.items():
        by_paper[number].append(part)
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


def _subtract(
    avoided: dict[int, list[Contribution]], by_paper: dict[int, list[Contribution]]
) -> None:
    """Subtracts the evidence of avoided keywords; a paper of which nothing is left is removed."""
    for number, against in avoided.items():
        if parts := by_paper.get(number):
            parts += (Contribution(part.keyword, AVOIDED, -part.amount) for part in against)
            # Without this, a paper with nothing left would be listed with the score 0.
            if sum(part.amount for part in parts) <= 0.0:
                del by_paper[number]


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
) -> tuple[defaultdict[int, list[Contribution]], dict[int, float], dict[int, Contribution]]:
    """Returns what keywords and authors add to each paper.

    Returns:
        For each paper the contributions, the direct sum of the text keywords, and what the best
        category adds.
    """
    by_paper: defaultdict[int, list[Contribution]] = defaultdict(list)
    direct: defaultdict[int, float] = defaultdict(float)
    # Of the categories of a topic, only the one that adds most to a paper counts.
    best_category: dict[int, Contribution] = {}
    for keyword in topic.keywords:
        found = contributions(keyword, index, corpus, other_forms=topic.other_forms)
        for number, part in found:
            if part.field != "category":
                by_paper[number].append(part)
                # The direct evidence alone limits what related terms may add.
                if keyword.forms and part.field != OTHER_FORMS:
                    direct[number] += part.amount
            elif number not in best_category or part.amount > best_category[number].amount:
                best_category[number] = part
    return by_paper, direct, best_category
