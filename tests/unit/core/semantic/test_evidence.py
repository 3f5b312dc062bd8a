"""The semantic evidence: single and batched ranking agree, and it needs vectors to say anything."""

import random
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper
from support.ranked_alone import assert_equal_to_ranking_alone
from support.samples.random_profiles import made, made_profile
from support.speed.long_tests import FEW_EXAMPLES

from digest.core.background.table import VECTOR_UNIT, unit
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper, tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.fingerprint import scoring_fingerprint
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.semantic.evidence import MIN_SAMPLE, SemanticSpace, compile_semantic_topic
from digest.knowledge.semantic_model import from_bytes, to_bytes

DIMENSIONS = 24
# Words that mean the same for the model of this test.
SAME = {"apiary": "bee", "hive": "bee"}


def encode(texts: Sequence[str]) -> Any:
    """Vectors of a model that knows only words: texts with the same words are near."""
    rows = []
    for text in texts:
        row = np.zeros(DIMENSIONS)
        for word in text.casefold().split():
            rng = np.random.default_rng(crc32(SAME.get(word, word).encode()))
            row += rng.standard_normal(DIMENSIONS)
        rows.append(unit(row))
    return np.array(rows, dtype=np.float32).reshape(len(texts), DIMENSIONS)


SAMPLE = encode([f"word{number} other{number % 7} thing{number % 11}" for number in range(120)])


def space(papers: Sequence[TokenizedPaper], *, sample: Any = SAMPLE) -> SemanticSpace:
    texts = [f"{item.candidate.paper.title} {item.candidate.paper.abstract}" for item in papers]
    return SemanticSpace(
        model_id="words-1",
        sample=sample,
        papers={
            item.candidate.revision_id: row for item, row in zip(papers, encode(texts), strict=True)
        },
        encode=encode,
    )


@pytest.mark.parametrize("seed", range(4))
def test_many_profiles_at_once_get_what_each_gets_alone(seed: int) -> None:
    chance = random.Random(seed)
    papers = made(chance, 30)
    known = [item for item in papers if chance.random() < 0.7]
    corpus = build_corpus(made(chance, 40), semantic=space(known))
    index = PaperIndex(papers)
    profiles = [made_profile(chance) for _ in range(60)]
    assert_equal_to_ranking_alone(profiles, index, corpus)


@FEW_EXAMPLES
@given(st.randoms(use_true_random=False))
def test_the_explanation_adds_up_and_names_no_keyword_twice_as_related(
    chance: random.Random,
) -> None:
    papers = made(chance, 25)
    corpus = build_corpus(papers, semantic=space(papers))
    for item in rank(papers, compile_profile(made_profile(chance), corpus)):
        assert sum(match.contribution for match in item.matches) == pytest.approx(item.score)
        related = [match.keyword for match in item.matches if match.field == "related"]
        assert len(related) == len(set(related))


PROFILE = Profile(topics=(Topic(name="Bees", keywords=(parse("bee"), parse("hive"))),))
NEAR = tokenize_paper(candidate(paper("Apiary", "apiary apiary"), paper_id=1))


def test_a_paper_that_says_it_in_other_words_is_found_and_the_keyword_is_named() -> None:
    assert rank([NEAR], compile_profile(PROFILE, build_corpus([]))) == []
    (found,) = rank([NEAR], compile_profile(PROFILE, build_corpus([], semantic=space([NEAR]))))
    assert found.score > 20
    assert {(match.keyword, match.field) for match in found.matches} == {
        ("bee", "related"),
        ("hive", "related"),
    }


def test_a_paper_without_a_vector_is_ranked_without_the_model() -> None:
    corpus = build_corpus([], semantic=space([]))
    said = tokenize_paper(candidate(paper("The bee", "A bee and its hive."), paper_id=2))
    plain = rank([said, NEAR], compile_profile(PROFILE, build_corpus([])), keep_all=True)
    assert rank([said, NEAR], compile_profile(PROFILE, corpus), keep_all=True) == plain


def test_a_profile_without_related_words_is_ranked_without_the_model() -> None:
    literal = Profile(topics=PROFILE.topics, related=False)
    corpus = build_corpus([], semantic=space([NEAR]))
    assert rank([NEAR], compile_profile(literal, corpus)) == []


def test_a_small_sample_says_nothing() -> None:
    few = space([NEAR], sample=SAMPLE[: MIN_SAMPLE - 1])
    assert compile_semantic_topic([parse("bee")], few) is None
    assert rank([NEAR], compile_profile(PROFILE, build_corpus([], semantic=few))) == []


def test_the_order_of_the_sample_changes_no_score() -> None:
    other = space([NEAR], sample=SAMPLE[::-1].copy())
    first = rank([NEAR], compile_profile(PROFILE, build_corpus([], semantic=space([NEAR]))))
    assert rank([NEAR], compile_profile(PROFILE, build_corpus([], semantic=other))) == first


def test_another_model_gives_another_fingerprint() -> None:
    plain, with_model = build_corpus([]), build_corpus([], semantic=space([]))
    assert scoring_fingerprint(PROFILE, plain) != scoring_fingerprint(PROFILE, with_model)


def test_a_stored_vector_is_the_vector_itself() -> None:
    row = encode(["a bee in a hive"])[0]
    assert np.array_equal(from_bytes(to_bytes(row)), row)
    assert np.array_equal(np.rint(row / VECTOR_UNIT) * VECTOR_UNIT, row)
    assert len(to_bytes(row)) == 2 * DIMENSIONS
