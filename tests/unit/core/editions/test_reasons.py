"""Which keywords are named as the reason for a paper, and with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions.reasons import (
    EvidenceKind,
    NamedKeyword,
    ScoreLevel,
    keyword_name,
    minor_matches,
    named_keywords,
    score_level,
    words_of,
)
from digest.core.keywords.parser import KeywordError, parse
from digest.core.models.editions import LEAST_POINTS, KeywordMatch


def match(keyword: str, field: str, points: float, *words: str) -> KeywordMatch:
    return KeywordMatch(keyword=keyword, field=field, contribution=points, words=words)


def names(*matches: KeywordMatch) -> list[tuple[str, EvidenceKind]]:
    return [(item.name, item.evidence) for item in named_keywords(matches)]


def close(name: str, *words: str) -> NamedKeyword:
    return NamedKeyword(name=name, evidence=EvidenceKind.CLOSE, words=words)


@pytest.mark.parametrize(
    "score, level",
    [
        (100.0, ScoreLevel.STRONG),
        (59.5, ScoreLevel.STRONG),
        (59.4, ScoreLevel.GOOD),
        (40.0, ScoreLevel.GOOD),
        (39.4, ScoreLevel.RELATED),
        (19.6, ScoreLevel.RELATED),
        (19.4, ScoreLevel.WEAK),
        (0.0, ScoreLevel.WEAK),
    ],
)
def test_the_word_for_a_score_is_that_of_the_number_that_is_shown(
    score: float, level: ScoreLevel
) -> None:
    assert score_level(score) is level


@pytest.mark.parametrize(
    "text, name",
    [
        ("KV cache^2", "KV cache"),
        ("quantiz*", "quantiz…"),
        ("title:state space mod*^0.5", "state space mod…"),
        ('"mixture of experts"', "mixture of experts"),
        ("author:Hinton", "Hinton"),
        ("cs.LG", "cs.LG"),
        ('"', ""),
    ],
)
def test_a_keyword_is_named_without_its_syntax(text: str, name: str) -> None:
    assert keyword_name(text) == name


@given(st.text("aB1- ", max_size=12))
def test_a_keyword_of_words_alone_has_the_name_that_parsing_gives(text: str) -> None:
    try:
        name = parse(text).term
    except KeywordError:
        name = text
    assert keyword_name(text) == name


def test_keywords_in_the_paper_come_first_then_near_ones_then_those_it_is_close_to() -> None:
    assert names(
        match("a", "related", 40.0),
        match("b", "near", 3.0),
        match("c", "abstract", 2.0),
        match("d", "votes", 5.0),
        match("e", "title", 4.0),
    ) == [
        ("c", EvidenceKind.CONTAINED),
        ("e", EvidenceKind.CONTAINED),
        ("b", EvidenceKind.NEAR),
        ("a", EvidenceKind.CLOSE),
    ]


def test_a_keyword_is_named_once_with_its_most_direct_evidence() -> None:
    related, contained = match("bees", "related", 30.0), match("bees^2", "title", 2.0)
    assert names(related, contained) == [("bees", EvidenceKind.CONTAINED)]


def test_keywords_that_brought_less_than_a_point_are_not_named() -> None:
    small, large = match("a", "title", 0.99), match("b", "title", 1.0)
    assert names(small, large) == [("b", EvidenceKind.CONTAINED)]
    assert minor_matches([small, large]) == [small]


def test_of_those_it_is_close_to_the_ones_with_a_tenth_of_the_score_are_named() -> None:
    assert names(match("a", "related", 91.0), match("b", "related", 9.0)) == [
        ("a", EvidenceKind.CLOSE)
    ]


def test_keywords_in_the_paper_are_reason_enough_with_a_quarter_of_the_score() -> None:
    contained, related = match("a", "title", 10.0), match("b", "related", 30.0)
    assert names(related, contained) == [("a", EvidenceKind.CONTAINED)]
    assert len(names(match("b", "related", 31.0), contained)) == 2


def test_the_words_of_several_keywords_are_named_in_turn_and_none_twice() -> None:
    words = words_of([close("a", "GPU memory", "cache"), close("b", "GPUs", "batch")], most=9)
    assert words == ("GPU memory", "cache", "batch")
    assert words_of([close("a", "one", "two", "three")], most=2) == ("one", "two")


def test_a_keyword_without_words_before_one_that_has_some_gives_none() -> None:
    assert words_of([close("a"), close("b", "batch")], most=4) == ("batch",)
    assert words_of([close("a"), close("b", "batch", "cache")], beside=[], most=1) == ("batch",)


def test_numbers_are_not_named_as_words_that_are_close_to_a_keyword() -> None:
    related = match("metadata", "related", 30.0, "corpus", "100 000", "4D")
    (named,) = named_keywords([related])
    assert named.words == ("corpus", "4D")


def test_words_of_a_keyword_that_is_named_already_are_not_repeated() -> None:
    beside = [close("long-context")]
    assert words_of([close("a", "long context", "recall")], beside=beside, most=4) == ("recall",)


def test_the_nearest_liked_paper_is_named_after_the_keywords_and_a_disliked_one_is_not() -> None:
    found = names(
        match("A Study^2", "liked", 30.0),
        match("Another", "liked", 20.0),
        match("b", "title", 9.0),
        match("Not This", "feedback", -4.0),
    )
    assert found == [("b", EvidenceKind.CONTAINED), ("A Study^2", EvidenceKind.LIKED)]


def test_what_lowers_a_score_by_a_point_is_not_a_minor_match() -> None:
    against = match("federated learning", "avoided", -20.0)
    assert minor_matches([against, match("a", "title", 0.5)]) == [match("a", "title", 0.5)]


matches = st.builds(
    KeywordMatch,
    keyword=st.sampled_from(["a", "b^2", "c*", '"d e"']),
    field=st.sampled_from(["title", "abstract", "near", "related", "votes", "category"]),
    contribution=st.floats(0.0, 100.0),
    words=st.lists(st.sampled_from(["x", "y z", "x y"]), max_size=3).map(tuple),
)


@given(st.lists(matches, max_size=8))
def test_every_named_keyword_brought_a_point_and_is_named_once(found: list[KeywordMatch]) -> None:
    named = [item.name for item in named_keywords(found)]
    points = {keyword_name(item.keyword): 0.0 for item in found}
    for item in found:
        points[keyword_name(item.keyword)] += item.contribution
    assert all(points[name] >= LEAST_POINTS for name in named)
    assert len(named) == len(set(named))
