"""Avoided keywords, reading lists and feedback count the same for many profiles as for one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from support.ranked_alone import assert_equal_to_ranking_alone
from support.samples.random_profiles import made, made_full_profile
from support.speed.long_tests import FEW_EXAMPLES, LONG

from digest.core.background.table import empty_table
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

TABLE = background_files.load_for("english")


@pytest.mark.parametrize("background", [TABLE, empty_table()], ids=["arxiv", "empty"])
@pytest.mark.parametrize("seed", range(3))
def test_each_reader_gets_the_same_papers_and_explanations_as_alone(
    seed: int, background: object
) -> None:
    chance = random.Random(seed)
    corpus = build_corpus(made(chance, 40), background)  # type: ignore[arg-type]
    index = PaperIndex(made(chance, 30))
    profiles = [made_full_profile(chance) for _ in range(60 if LONG else 15)]
    profiles = [replace(profile, min_match=chance.choice([0.0, 0.1, 20.0])) for profile in profiles]
    assert_equal_to_ranking_alone(profiles, index, corpus)


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_the_explanation_adds_up_to_the_score(chance: random.Random) -> None:
    papers = made(chance, 20)
    compiled = compile_profile(made_full_profile(chance), build_corpus(papers, TABLE))
    for item in rank(papers, compiled):
        assert sum(match.contribution for match in item.matches) == pytest.approx(item.score)


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_papers_changes_nothing(chance: random.Random) -> None:
    papers = made(chance, 20)
    compiled = compile_profile(made_full_profile(chance), build_corpus([], TABLE))
    expected = rank(papers, compiled)
    assert rank(chance.sample(papers, len(papers)), compiled) == expected
    alone = [rank([paper], compiled) for paper in papers]
    assert sorted((item.candidate.paper_id, item.score) for items in alone for item in items) == (
        sorted((item.candidate.paper_id, item.score) for item in expected)
    )
