"""The sentences found in many papers at once are those found in one paper."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples.random_profiles import WORDS, made_paper
from support.samples.real_words import PHRASES, real_text
from support.speed.long_tests import FEW_EXAMPLES

from digest.core.editions.paper_sentences import SentenceWords, keyword_patterns, word_patterns
from digest.core.editions.together.sentence_masks import SentenceMasks, Wanted
from digest.core.keywords.parser import parse
from digest.core.text.sentences import split
from digest.core.text.tokens import ENGLISH


def assert_equal_to_each_paper(
    chance: random.Random, papers: list[tuple[str, ...]], wanted: Sequence[Wanted], language: str
) -> None:
    masks = SentenceMasks(papers, language)
    alone = [SentenceWords(sentences, language) for sentences in papers]
    for count in (0, 1, 200):
        numbers = [chance.randrange(len(wanted)) for _ in range(count)]
        places = [chance.randrange(len(papers)) for _ in range(count)]
        found = masks.find(
            wanted, np.array(numbers, dtype=np.int64), np.array(places, dtype=np.int64)
        )
        assert found.tolist() == [
            alone[place].with_any(map(list, wanted[number]))
            for number, place in zip(numbers, places, strict=True)
        ]


def keywords(chance: random.Random, words: list[str]) -> list[Wanted]:
    phrases = [" ".join(chance.choices(words, k=chance.randint(1, 3))) for _ in range(12)]
    forms = ["{}", "{}", '"{}"', "{}*"]
    found: list[Wanted] = [
        keyword_patterns(parse(chance.choice(forms).format(phrase)), near=chance.random() < 0.5)
        for phrase in phrases
    ]
    return [*found, *([word_patterns(phrase, ENGLISH)] for phrase in phrases), [[]]]


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_few_words_that_repeat(chance: random.Random) -> None:
    papers = [split(made_paper(chance).abstract) for _ in range(8)]
    wanted = keywords(chance, [*WORDS, "AI", "C++"])
    assert_equal_to_each_paper(chance, papers, wanted, ENGLISH)


@pytest.mark.parametrize("language", [ENGLISH, "french"])
def test_real_words(language: str) -> None:
    chance = random.Random(language)
    papers = [split(real_text(chance, chance.randint(0, 60))) for _ in range(30)]
    wanted = keywords(chance, " ".join(PHRASES).split())
    assert_equal_to_each_paper(chance, papers, wanted, language)


def test_papers_without_sentences() -> None:
    wanted = [keyword_patterns(parse("bee"), near=False)]
    assert_equal_to_each_paper(random.Random(1), [(), ()], wanted, ENGLISH)
