"""Which words of a paper are named for a keyword that it is close to."""

import pytest
from support.builders import candidate, paper

from digest.core.keywords.paper_index import tokenize_paper
from digest.core.keywords.parser import parse
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Profile, Topic
from digest.core.ranking.corpus import Corpus, build_corpus
from digest.core.ranking.explanation import MAX_WORDS
from digest.core.ranking.scoring import compile_profile, rank
from digest.knowledge import background_files

ABSTRACT = (
    "Vision transformers are large. We remove visual tokens whose attention scores are low. "
    "Attention scores come from the vision transformers themselves, so nothing is trained."
)


@pytest.fixture(scope="module")
def known() -> Corpus:
    return build_corpus([], background_files.load())


def related(title: str, abstract: str, known: Corpus, *keywords: str) -> list[KeywordMatch]:
    topic = Topic(name="T", keywords=tuple(map(parse, keywords)))
    ready = [tokenize_paper(candidate(paper(title, abstract)))]
    (item,) = rank(ready, compile_profile(Profile(topics=(topic,)), known))
    return [match for match in item.matches if match.field == "related"]


def test_the_words_stand_in_the_paper_as_it_writes_them(known: Corpus) -> None:
    text = f"Fewer Tokens. {ABSTRACT}"
    for match in related("Fewer Tokens", ABSTRACT, known, "linear attention", "image encoder"):
        assert 0 < len(match.words) <= MAX_WORDS
        for words in match.words:
            assert words in text


def test_a_pair_is_named_rather_than_its_words_and_no_word_twice(known: Corpus) -> None:
    matches = related("Fewer Tokens", ABSTRACT, known, "linear attention", "image encoder")
    assert any(" " in words for match in matches for words in match.words)
    for match in matches:
        parts = [part for words in match.words for part in words.split()]
        assert len(parts) == len(set(parts))


def test_words_are_in_lower_case_if_the_paper_writes_them_so_anywhere(known: Corpus) -> None:
    matches = related("Attention Scores of Transformers", ABSTRACT, known, "linear attention")
    shown = [words for match in matches for words in match.words]
    assert any("attention" in words for words in shown)
    assert not any("Attention" in words for words in shown)


def test_a_word_is_named_without_its_possessive_s(known: Corpus) -> None:
    text = "The transformer’s attention and the encoder's attention are linear."
    matches = related("On Encoders", text, known, "linear attention", "vision transformer")
    shown = [words for match in matches for words in match.words]
    assert any("transformer" in words for words in shown)
    assert not any("’s" in words or "'s" in words for words in shown)


def test_a_whole_name_is_shown_rather_than_a_part_of_it(known: Corpus) -> None:
    text = "We ask large language models about graphs. Large language models answer."
    matches = related("Asking", text, known, "LLM agents", "prompt engineering")
    shown = [words.lower() for match in matches for words in match.words]
    assert any(words == "large language models" for words in shown)
    assert "large language" not in shown


def test_words_that_stand_in_every_paper_are_not_named_beside_telling_ones(known: Corpus) -> None:
    text = (
        "We propose a novel model with high performance. Weights are pruned and distilled in part, "
        "and the method runs in real time. Our results show that the model performs well."
    )
    matches = related("On Models", text, known, "model compression", "knowledge distillation")
    shown = {word for match in matches for words in match.words for word in words.split()}
    assert "distilled" in shown or "pruned" in shown
    assert not shown & {"model", "novel", "results", "part", "method", "propose", "show"}, matches
