"""Aliases give a keyword other forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import candidate

from digest.core.keywords.aliases import all_forms, attach, meaning, parse_form, parse_name
from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.profiles.coverage import matching_papers
from digest.core.ranking.corpus import build_corpus
from digest.core.ranking.scoring import compile_profile, rank

LLM = ("LLM", ["large language model", "LM"])


def forms(keyword: Keyword) -> list[tuple[str, str]]:
    return [(form.term, form.field) for form in keyword.forms]


@pytest.mark.parametrize("written", ["LLM", "LLMs", "LLM^2"])
def test_a_keyword_gets_the_forms_of_its_alias_however_it_is_spelt(written: str) -> None:
    (keyword,) = attach([parse(written)], [LLM])
    assert forms(keyword) == [("large language model", "text"), ("LM", "text")]
    assert all_forms(keyword) == (keyword, *keyword.forms)
    assert keyword.forms[1].capitals


def test_a_title_keyword_looks_for_its_forms_in_titles() -> None:
    (keyword,) = attach([parse("title:LLM")], [LLM])
    assert forms(keyword) == [("large language model", "title"), ("LM", "title")]


@pytest.mark.parametrize("written", ['"LLM"', "LLM*", "author:LLM", "category:LLM", "agents"])
def test_a_keyword_with_another_meaning_gets_no_forms(written: str) -> None:
    assert attach([parse(written)], [LLM]) == (parse(written),)


def test_an_alias_works_in_one_direction() -> None:
    assert attach([parse("large language models")], [LLM])[0].forms == ()


def test_the_later_alias_of_a_keyword_is_used_and_an_empty_one_removes_it() -> None:
    assert forms(attach([parse("LLM")], [LLM, ("LLMs", ["chatbot"])])[0]) == [("chatbot", "text")]
    assert attach([parse("LLM")], [LLM, ("LLMs", [])]) == (parse("LLM"),)


def test_a_form_that_repeats_the_keyword_or_another_form_counts_once() -> None:
    alias = ("KV cache", ["KV-caches", "key-value cache", "key value caches"])
    assert forms(attach([parse("KV cache")], [alias])[0]) == [("key-value cache", "text")]


@pytest.mark.parametrize(
    "text, column, says",
    [("title:x", 1, "has no field"), ("x^2", 2, "has no weight"), ("-x", 1, "excludes")],
)
def test_a_keyword_with_field_or_weight_is_refused_as_an_alias(
    text: str, column: int, says: str
) -> None:
    for read in (parse_name, parse_form):
        with pytest.raises(KeywordError) as caught:
            read(text)
        assert caught.value.column == column
        assert says in caught.value.problem


@given(st.text(max_size=30))
def test_a_keyword_means_the_same_at_any_weight(text: str) -> None:
    try:
        keyword = parse(text)
    except KeywordError:
        return
    try:
        heavy = parse(f"{text}^7")
    except KeywordError:
        return
    if heavy.term == keyword.term:
        assert meaning(heavy) == meaning(keyword)


def test_a_paper_with_only_an_alias_matches_the_keyword() -> None:
    (keyword,) = attach([parse("LLM")], [("LLM", ["large language model"])])
    profile = Profile(topics=(Topic(name="T", keywords=(keyword,)),))
    paper = tokenize_paper(candidate("Large language models"))
    (found,) = rank([paper], compile_profile(profile, build_corpus([])))
    assert [match.keyword for match in found.matches] == ["LLM"]


def test_an_exclusion_removes_what_its_aliases_name() -> None:
    (excluded,) = attach([parse("LLM")], [("LLM", ["large language model"])])
    topic = Topic(name="T", keywords=(parse("bees"),), excluded=(excluded,))
    paper = tokenize_paper(candidate("Large language models for bees"))
    assert rank([paper], compile_profile(Profile(topics=(topic,)), build_corpus([]))) == []


@pytest.mark.parametrize("written, found", [("LLM", "Many LLMs"), ("LLMs", "An LLM")])
def test_an_acronym_without_vowels_is_found_in_its_plural_too(written: str, found: str) -> None:
    index = PaperIndex([tokenize_paper(candidate(found))])
    assert matching_papers(parse(written), index)
