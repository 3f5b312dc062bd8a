"""Ranking many profiles at once gives the same digests and explanations as one by one."""

import random
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import made, made_profile
from support.samples.real_words import real_paper, real_profile
from support.samples.small_background import small_background
from support.speed.long_tests import LONG

from digest.core.background.table import BackgroundTable, empty_table
from digest.core.batch_ranking.ranker import BatchRanker
from digest.core.editions.compose import compose
from digest.core.models.editions import Edition
from digest.core.ranking.corpus import PaperIndex, build_corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

DAY = date(2026, 5, 4)

TABLES: dict[str, Callable[[], BackgroundTable]] = {
    "empty": empty_table,
    "small": small_background,
    "packaged": background_files.load,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("background", ["empty", "small", "packaged"])
def test_batch_ranking_gives_each_reader_the_same_digest_as_ranking_alone(
    seed: int, background: str
) -> None:
    chance = random.Random(seed)
    if background == "packaged":
        seen, papers = ([real_paper(chance, number) for number in range(n)] for n in (40, 30))
        profiles = [real_profile(chance) for _ in range(20 if LONG else 12)]
    else:
        seen, papers = made(chance, 40), made(chance, 30)
        profiles = [made_profile(chance) for _ in range(60 if LONG else 25)]
    corpus, index = build_corpus(seen, TABLES[background]()), PaperIndex(papers)
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
    corpus = build_corpus(papers, small_background())
    ranker = BatchRanker([profile], PaperIndex(papers), corpus)
    edition: Edition = ranker.explained(
        0, compose(ranker.ranked(0), profile=profile, local_date=DAY)
    )
    for entry in edition.entries:
        assert entry.score is not None
        assert sum(match.contribution for match in entry.matches) == pytest.approx(
            entry.score, abs=0.01
        )
