"""What arrays find in texts is what the plain search finds, for every keyword and paper."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import WORDS, made, made_profile
from support.samples.real_words import PHRASES, real_paper, real_profile
from support.samples.small_background import small_background
from support.speed.long_tests import FEW_EXAMPLES

from digest.core.background.table import BackgroundTable
from digest.core.batch_ranking.papers.direct_evidence import DirectEvidence
from digest.core.batch_ranking.papers.text_arrays import TextArrays
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.parser import parse
from digest.core.models.profiles import Keyword, is_text
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.keyword_score import compile_keyword, unit_scores
from digest.knowledge import background_files


@cache
def packaged() -> BackgroundTable:
    return background_files.load()


def assert_equal_to_the_plain_search(
    keywords: list[Keyword], papers: list[TokenizedPaper], background: BackgroundTable
) -> None:
    index, corpus = PaperIndex(papers), build_corpus(papers[: len(papers) // 2], background)
    evidence = DirectEvidence(index, TextArrays(index, background))
    every = [compile_keyword(keyword, corpus) for keyword in keywords]
    for compiled, found in zip(every, evidence.of(every), strict=True):
        at_once = zip(
            found.papers.tolist(), found.direct.tolist(), found.forms.tolist(), strict=True
        )
        plain = [
            (score.number, score.direct, score.forms)
            for score in unit_scores(compiled, index, corpus)
            if score.direct or score.forms
        ]
        assert [item for item in at_once if item[1] or item[2]] == plain


def texts_of(chance: random.Random, count: int) -> list[Keyword]:
    profiles = [made_profile(chance) for _ in range(count)]
    keywords = [word for item in profiles for topic in item.topics for word in topic.keywords]
    # Phrases of repeated and related words, which share their places.
    phrases = [" ".join(chance.choices(WORDS, k=chance.randint(2, 4))) for _ in range(count)]
    return [word for word in (*keywords, *map(parse, phrases)) if is_text(word)]


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_keywords_of_few_words_that_overlap_repeat_and_tie(chance: random.Random) -> None:
    assert_equal_to_the_plain_search(texts_of(chance, 8), made(chance, 12), small_background())


@pytest.mark.parametrize("seed", range(4))
def test_keywords_that_the_packaged_table_knows(seed: int) -> None:
    chance = random.Random(seed)
    papers = [real_paper(chance, number) for number in range(60)]
    profiles = [real_profile(chance) for _ in range(20)]
    keywords = [word for item in profiles for topic in item.topics for word in topic.keywords]
    pairs = [" ".join(chance.choices(" ".join(PHRASES).split(), k=2)) for _ in range(60)]
    texts = [word for word in (*keywords, *map(parse, pairs)) if is_text(word)]
    assert_equal_to_the_plain_search(texts, papers, packaged())


def test_papers_without_a_text_and_keywords_longer_than_any_text() -> None:
    chance = random.Random(1)
    keyword = parse(" ".join(["bee"] * 45))
    assert_equal_to_the_plain_search([keyword, parse("bee")], [], small_background())
    assert_equal_to_the_plain_search([keyword, parse("bee")], made(chance, 3), small_background())
