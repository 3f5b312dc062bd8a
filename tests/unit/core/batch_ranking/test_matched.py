"""What `matched` and `explain` give for many profiles is what `rank` gives for each of them."""

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.ranked_alone import assert_equal_to_ranking_alone
from support.samples.foreign_words import foreign_paper, foreign_profile
from support.samples.random_profiles import made, made_full_profile, made_profile
from support.samples.real_words import real_paper, real_profile
from support.samples.small_background import small_background
from support.speed.long_tests import FEW_EXAMPLES, LONG

from digest.core.background.table import BackgroundTable, empty_table
from digest.core.batch_ranking.matched_papers import MatchedPapers, scores_of
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.corpus import FOREIGN_PAPERS, build_corpus
from digest.knowledge import background_files

TABLES: dict[str, Callable[[], BackgroundTable]] = {
    "empty": empty_table,
    "small": small_background,
    "packaged": background_files.load,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("background", ["empty", "small", "packaged"])
def test_matched_papers_and_their_explanations_are_those_of_ranking_alone(
    seed: int, background: str
) -> None:
    chance = random.Random(seed)
    if background == "packaged":
        seen, papers = ([real_paper(chance, number) for number in range(n)] for n in (40, 30))
        profiles = [real_profile(chance) for _ in range(20 if LONG else 10)]
    else:
        seen, papers = made(chance, 40), made(chance, 30)
        profiles = [made_full_profile(chance) for _ in range(40 if LONG else 20)]
    limits = [0.0, 0.001, 5.0, 20.0, 20.0, 60.0, 100.0]
    profiles = [replace(profile, min_match=chance.choice(limits)) for profile in profiles]
    assert_equal_to_ranking_alone(
        profiles, PaperIndex(papers), build_corpus(seen, TABLES[background]())
    )


@pytest.mark.parametrize("seed", range(4))
def test_with_stored_papers_of_another_field_many_profiles_rank_as_each_alone(seed: int) -> None:
    chance = random.Random(seed)
    seen = [foreign_paper(chance, number) for number in range(FOREIGN_PAPERS + 20)]
    papers = [foreign_paper(chance, number) for number in range(20)]
    papers += [real_paper(chance, number) for number in range(20, 30)]
    profiles = [foreign_profile(chance) for _ in range(25 if LONG else 12)]
    profiles = [replace(profile, min_match=chance.choice([0.0, 5.0, 20.0])) for profile in profiles]
    corpus = build_corpus(seen, TABLES["packaged"]())
    compiled = assert_equal_to_ranking_alone(profiles, PaperIndex(papers), corpus)
    topics = [topic for profile in compiled for topic in profile.topics]
    assert any(topic.related and topic.related.average > 0.0 for topic in topics)
    assert any(topic.topical and topic.topical.keywords.factors.min() < 1.0 for topic in topics)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_matches_are_the_first_of_all_and_the_first_of_each_topic(seed: int) -> None:
    chance = random.Random(seed)
    corpus = build_corpus(made(chance, 9), small_background())
    index = PaperIndex(made(chance, 60))
    profiles = [
        replace(made_full_profile(chance), min_match=chance.choice([0.0, 2.0, 5.0, 20.0]))
        for _ in range(150)
    ]
    ranker = BatchRanker(profiles, index, corpus)
    every, best = ranker.matched(), ranker.matched(best=3)

    def listed(matched: MatchedPapers) -> list[list[tuple[int, int, float]]]:
        found: list[list[tuple[int, int, float]]] = [[] for _ in profiles]
        columns = (matched.profiles, matched.papers, matched.topics, scores_of(matched.totals))
        for number, *match in zip(*(column.tolist() for column in columns), strict=True):
            found[number].append(tuple(match))
        return found

    for all_matches, best_matches in zip(listed(every), listed(best), strict=True):
        first = {topic: number for number, (_, topic, _) in reversed([*enumerate(all_matches)])}
        chosen = {*range(min(3, len(all_matches))), *first.values()}
        assert best_matches == [all_matches[number] for number in sorted(chosen)]
    assert best.counts.tolist() == every.counts.tolist() == list(map(len, listed(every)))
    pairs = {*zip(every.profiles.tolist(), every.papers.tolist(), strict=True)}
    for matched in (every, best):
        for number in range(len(profiles)):
            numbers, papers = np.full(len(index.papers), number), np.arange(len(index.papers))
            assert matched.contains(numbers, papers).tolist() == [
                (number, paper) in pairs for paper in range(len(index.papers))
            ]


def test_papers_that_were_prepared_for_other_profiles_rank_the_same() -> None:
    chance = random.Random(8)
    corpus, index = build_corpus(made(chance, 20), small_background()), PaperIndex(made(chance, 20))
    prepared = PreparedPapers(index, corpus)
    for _ in range(4):
        profiles = [made_full_profile(chance) for _ in range(10)]
        shared = BatchRanker(profiles, index, corpus, prepared=prepared).matched()
        alone = BatchRanker(profiles, index, corpus).matched()
        assert shared.profiles.tolist() == alone.profiles.tolist()
        assert shared.papers.tolist() == alone.papers.tolist()
        assert shared.topics.tolist() == alone.topics.tolist()
        assert shared.totals.tolist() == alone.totals.tolist()


def test_some_entries_can_be_explained_in_any_order() -> None:
    chance = random.Random(5)
    papers = made(chance, 30)
    ranker = BatchRanker(
        [made_full_profile(chance) for _ in range(20)],
        PaperIndex(papers),
        build_corpus(papers, small_background()),
    )
    matched = ranker.matched()
    every = ranker.explain(matched.profiles, matched.papers, matched.topics)
    some = np.array(chance.sample(range(len(matched)), len(matched) // 2))
    assert ranker.explain(matched.profiles[some], matched.papers[some], matched.topics[some]) == [
        every[number] for number in some.tolist()
    ]


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_an_explanation_adds_up_to_the_score(chance: random.Random) -> None:
    papers = made(chance, 25)
    corpus = build_corpus(papers, small_background())
    ranker = BatchRanker([made_profile(chance)], PaperIndex(papers), corpus)
    matched = ranker.matched()
    explained = ranker.explain(matched.profiles, matched.papers, matched.topics)
    for score, matches in zip(scores_of(matched.totals).tolist(), explained, strict=True):
        assert sum(points for _, _, points, _ in matches) == pytest.approx(score)


def test_matches_below_a_limit_are_left_out() -> None:
    chance = random.Random(4)
    papers = made(chance, 30)
    profiles = [made_full_profile(chance) for _ in range(30)]
    corpus = build_corpus(papers, small_background())
    ranker = BatchRanker(profiles, PaperIndex(papers), corpus)
    matched = ranker.matched()
    places = matched.profiles, matched.papers, matched.topics
    every, some = ranker.explain(*places), ranker.explain(*places, least=3.0)
    assert some == [[match for match in matches if match[2] >= 3.0] for matches in every]
    assert some != every


def test_without_profiles_or_papers_nothing_matches() -> None:
    papers = made(random.Random(6), 5)
    corpus = build_corpus(papers, small_background())
    profile = made_full_profile(random.Random(7))
    for ranker in (
        BatchRanker([], PaperIndex(papers), corpus),
        BatchRanker([profile], PaperIndex([]), corpus),
    ):
        matched = ranker.matched()
        assert len(matched) == 0
        assert ranker.explain(matched.profiles, matched.papers, matched.topics) == []
