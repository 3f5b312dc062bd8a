"""Compares ranking many profiles at once with ranking each of them alone."""

from collections.abc import Sequence

from digest.core.batch_ranking.matched_papers import scores_of
from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.shown import keyword_matches
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.scoring import CompiledProfile, compile_profile, rank


def assert_equal_to_ranking_alone(
    profiles: Sequence[Profile], index: PaperIndex, corpus: Corpus
) -> list[CompiledProfile]:
    """The same papers, topics, scores and explanations, in the same order.

    Returns:
        The profiles, each compiled alone, which takes most of the time.
    """
    compiled = [compile_profile(profile, corpus) for profile in profiles]
    ranker = BatchRanker(profiles, index, corpus)
    matched = ranker.matched()
    explained = ranker.explain(matched.profiles, matched.papers, matched.topics)
    at_once = [
        (
            number,
            index.papers[paper].candidate.paper_id,
            profiles[number].topics[topic].name,
            score,
            tuple(keyword_matches(matches)),
        )
        for number, paper, topic, score, matches in zip(
            matched.profiles.tolist(),
            matched.papers.tolist(),
            matched.topics.tolist(),
            scores_of(matched.totals).tolist(),
            explained,
            strict=True,
        )
    ]
    assert at_once == [
        (number, item.candidate.paper_id, item.topic, item.score, item.matches)
        for number, (profile, alone) in enumerate(zip(profiles, compiled, strict=True))
        for item in rank(index, alone)
        if item.score >= profile.min_match
    ]
    return compiled
