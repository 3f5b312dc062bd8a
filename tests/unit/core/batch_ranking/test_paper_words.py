"""The words that many papers share with many keywords are those that one paper shares with one."""

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import WORDS, made
from support.samples.real_words import PHRASES, real_paper
from support.samples.small_background import SUBJECTS, small_background
from support.speed.long_tests import FEW_EXAMPLES

from digest.core.background.table import BackgroundTable, empty_table
from digest.core.batch_ranking.papers.paper_words import PaperWords
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.parser import parse
from digest.core.ranking.explanation import NearWords
from digest.core.ranking.topical_evidence import compile_keywords
from digest.knowledge import background_files


@cache
def packaged() -> BackgroundTable:
    return background_files.load()


def assert_equal_to_each_alone(
    chance: random.Random,
    phrases: list[str],
    papers: list[TokenizedPaper],
    background: BackgroundTable,
) -> None:
    index = PaperIndex(papers)
    vectors = compile_keywords([parse(phrase) for phrase in phrases], background).vectors
    at_once = PaperWords(index, background)
    rows = index.topical_rows(background)
    for _ in range(3):  # some pairs were asked for before
        pairs = [
            (chance.randrange(len(phrases)), chance.randrange(len(papers)))
            for _ in range(chance.choice([1, 5, 60]))
        ]
        keywords, places = np.array(pairs).T
        found = at_once.find(keywords, places, vectors)
        for (keyword, place), words in zip(pairs, found, strict=True):
            near = NearWords(papers[place].words, rows.of(place), background)
            assert near.of(vectors[[keyword]]) == [words]


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_words_of_a_small_table(chance: random.Random) -> None:
    words = [*" ".join(SUBJECTS).split(), *WORDS]
    phrases = [" ".join(chance.choices(words, k=chance.randint(1, 3))) for _ in range(8)]
    assert_equal_to_each_alone(chance, phrases, made(chance, 12), small_background())


@pytest.mark.parametrize("seed", range(4))
def test_pairs_and_longer_names_of_the_packaged_table(seed: int) -> None:
    chance = random.Random(seed)
    papers = [real_paper(chance, number) for number in range(60)]
    assert_equal_to_each_alone(chance, chance.sample(PHRASES, 12), papers, packaged())


def test_a_table_without_terms_names_nothing() -> None:
    chance = random.Random(1)
    assert_equal_to_each_alone(chance, ["bee"], made(chance, 3), empty_table())
