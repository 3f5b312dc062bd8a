"""Avoided keywords, reading lists and feedback count the same for many profiles as for one."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import made, made_full_profile
from support.speed.long_tests import LONG

from digest.core.background.table import empty_table
from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.compose import compose
from digest.core.ranking.corpus import PaperIndex, build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

DAY = date(2026, 5, 4)
TABLE = background_files.load_for("english")


@pytest.mark.parametrize("background", [TABLE, empty_table()], ids=["arxiv", "empty"])
@pytest.mark.parametrize("seed", range(3))
def test_each_reader_gets_the_same_digest_as_alone(seed: int, background: object) -> None:
    chance = random.Random(seed)
    corpus = build_corpus(made(chance, 40), background)  # type: ignore[arg-type]
    index = PaperIndex(made(chance, 30))
    profiles = [made_full_profile(chance) for _ in range(60 if LONG else 25)]
    ranker = BatchRanker(profiles, index, corpus)
    for number, profile in enumerate(profiles):
        alone = rank(index, compile_profile(profile, corpus), keep_all=True)
        at_once = ranker.ranked(number)
        assert [(item.candidate.paper_id, item.score, item.topic) for item in alone] == [
            (item.candidate.paper_id, item.score, item.topic) for item in at_once
        ]
        expected = compose(alone, profile=profile, local_date=DAY)
        edition = compose(at_once, profile=profile, local_date=DAY)
        assert ranker.explained(number, edition) == expected


@given(st.randoms(use_true_random=False))
def test_the_explanation_adds_up_to_the_score(chance: random.Random) -> None:
    papers = made(chance, 20)
    compiled = compile_profile(made_full_profile(chance), build_corpus(papers, TABLE))
    for item in rank(papers, compiled):
        assert sum(match.contribution for match in item.matches) == pytest.approx(item.score)


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
