"""What an explanation says is true: the points add up, and the words are in the paper."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate, paper
from support.samples.real_words import real_paper, real_profile

from digest.core.keywords.paper_index import tokenize_paper
from digest.core.keywords.parser import parse_all
from digest.core.models.editions import KeywordMatch, RankedPaper
from digest.core.models.papers import Paper
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.ranking.explanation import MAX_WORDS
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.text.tokens import lemma, tokenise
from digest.knowledge import background_files

KEYWORDS = ("speculative decoding", "KV cache", "pruning", "quantization")
NEAR = paper(
    "Faster Serving of Transformers",
    "We compress the weights of networks to 4 bits, and drafts of tokens are verified by the target"
    " model in parallel. This cuts the latency and the memory of inference.",
)


@cache
def packaged() -> Corpus:
    return build_corpus([], background_files.load())


def profile(*keywords: str) -> Profile:
    included, excluded = parse_all(keywords)
    return Profile(topics=(Topic(name="Topic", keywords=included, excluded=excluded),))


def explained(item: Paper, *keywords: str) -> RankedPaper:
    return rank([tokenize_paper(candidate(item))], compile_profile(profile(*keywords), packaged()))[
        0
    ]


def of(found: RankedPaper, keyword: str) -> dict[str, KeywordMatch]:
    return {match.field: match for match in found.matches if match.keyword == keyword}


def test_a_paper_without_the_keywords_is_explained_by_its_own_words() -> None:
    found = explained(NEAR, *KEYWORDS)
    assert found.score > 20.0
    assert {match.field for match in found.matches} == {"related"}
    words = {word for match in found.matches for word in match.words}
    assert {"bits", "drafts"} <= {part for word in words for part in word.lower().split()}
    assert all(match.words for match in found.matches)


def test_the_keyword_that_brought_most_is_named_first() -> None:
    found = explained(NEAR, *KEYWORDS, "marine biology")
    points = [match.contribution for match in found.matches]
    assert points == sorted(points, reverse=True)
    assert not of(found, "marine biology")


def test_a_keyword_that_is_said_has_direct_and_topical_points() -> None:
    item = paper("On Pruning", f"{NEAR.abstract} Pruning helps.")
    found = of(explained(item, *KEYWORDS), "pruning")
    assert set(found) == {"title", "related"}
    assert found["title"].words == ()


def test_words_that_are_only_near_each_other_have_a_field_of_their_own() -> None:
    item = paper("On Generation", "The generation of texts in code.")
    assert "near" in of(explained(item, "code generation"), "code generation")


def test_few_words_are_named_and_no_word_twice() -> None:
    for match in explained(NEAR, *KEYWORDS).matches:
        parts = [part.lower() for word in match.words for part in word.split()]
        assert len(match.words) <= MAX_WORDS
        assert len(parts) == len(set(parts))


@given(st.randoms(use_true_random=False))
def test_the_points_add_up_every_word_stands_in_the_paper_and_every_keyword_brought_something(
    chance: random.Random,
) -> None:
    wanted = real_profile(chance)
    papers = [real_paper(chance, number) for number in range(8)]
    written = {topic.name: {word.text for word in topic.keywords} for topic in wanted.topics}
    boosts = {"votes", "code", *wanted.boosts.authors}
    for found in rank(papers, compile_profile(wanted, packaged())):
        item = found.candidate.paper
        surfaces = set(tokenise(item.title)) | set(tokenise(item.abstract))
        assert sum(match.contribution for match in found.matches) == pytest.approx(found.score)
        assert found.topic is not None
        for match in found.matches:
            assert match.contribution > 0.0
            assert match.keyword in written[found.topic] | boosts
            assert {part for word in match.words for part in word.split(" ")} <= surfaces


@given(st.randoms(use_true_random=False))
def test_a_keyword_that_is_not_named_does_not_stand_in_the_paper(
    chance: random.Random,
) -> None:
    wanted = real_profile(chance)
    papers = [real_paper(chance, number) for number in range(5)]
    for found in rank(papers, compile_profile(wanted, packaged())):
        item = found.candidate.paper
        lemmas = {lemma(word) for word in tokenise(f"{item.title} {item.abstract}")}
        named = {match.keyword for match in found.matches}
        for topic in wanted.topics:
            for keyword in topic.keywords:
                single = (
                    keyword.field == "text" and " " not in keyword.term and "-" not in keyword.term
                )
                plain = single and not (keyword.prefix or keyword.exact or keyword.capitals)
                if topic.name == found.topic and plain and keyword.text not in named:
                    assert lemma(keyword.term) not in lemmas
