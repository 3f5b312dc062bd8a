"""Ranking many profiles at once gives the same digests and explanations as one by one."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import made, made_profile

from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.compose import compose
from digest.core.models.editions import Edition
from digest.core.ranking.corpus import PaperIndex, build_corpus
from digest.core.ranking.scoring import compile_profile, rank

DAY = date(2026, 5, 4)


@pytest.mark.parametrize("seed", range(4))
def test_batch_ranking_gives_each_reader_the_same_digest_as_ranking_alone(seed: int) -> None:
    chance = random.Random(seed)
    corpus, index = build_corpus(made(chance, 40)), PaperIndex(made(chance, 30))
    profiles = [made_profile(chance) for _ in range(60)]
    ranker = BatchRanker(profiles, index, corpus)
    for number, profile in enumerate(profiles):
        alone = rank(index, compile_profile(profile, corpus), keep_all=True)
        expected = compose(alone, profile=profile, local_date=DAY)
        edition = compose(ranker.ranked(number), profile=profile, local_date=DAY)
        assert ranker.explained(number, edition) == expected


@given(st.randoms(use_true_random=False))
def test_the_explanation_adds_up_to_the_score(chance: random.Random) -> None:
    papers = made(chance, 25)
    profile = made_profile(chance)
    ranker = BatchRanker([profile], PaperIndex(papers), build_corpus(papers))
    edition: Edition = ranker.explained(
        0, compose(ranker.ranked(0), profile=profile, local_date=DAY)
    )
    for entry in edition.entries:
        assert entry.score is not None
        assert sum(match.contribution for match in entry.matches) == pytest.approx(
            entry.score, abs=0.01
        )
