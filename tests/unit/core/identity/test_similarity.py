from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.identity.similarity import (
    Evidence,
    TitleIndex,
    corroborate,
    jaccard,
    opening_similarity,
    pairs,
    words,
)

LONG = "We show that small models learn long documents when attention is sparse enough. " * 3


def near(one: str, other: str) -> bool:
    return list(pairs([one, other])) == [(0, 1)]


@pytest.mark.parametrize(
    "one, other",
    [
        ("Scaling Laws for Sparse Attention", "Scaling Laws for Dense Attention"),
        ("Training overline{SFT} Operators at Scale", "Training SFT Operators at Scale"),
        ("Études of Fields", "Etudes of fields"),
        ("Fast Sampling of Graphs", "Fast Sampling of Large Graphs"),
    ],
)
def test_titles_that_differ_in_one_word_are_similar(one: str, other: str) -> None:
    assert near(one, other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("A Study of Learning Part 1", "A Study of Learning Part 2"),
        ("Model 2.5 Technical Report", "Model 3 Technical Report"),
        ("Sparse Attention", "Dense Attention"),
        ("???", "!!!"),
    ],
)
def test_titles_with_other_numbers_or_other_words_are_not_similar(one: str, other: str) -> None:
    assert not near(one, other)


def test_the_most_similar_title_comes_first() -> None:
    window = TitleIndex(["a b c d e"])
    window.add(7, "a b c d x")
    window.add(8, "a b c d e")
    assert [(item.key, item.similarity) for item in window.find("a b c d e")] == [
        (8, 1.0),
        (7, pytest.approx(4 / 6)),
    ]


titles = st.lists(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=7).map(" ".join), max_size=25
)


@given(titles, st.sampled_from([0.3, 0.5, 0.6, 0.7, 0.8, 1.0]), st.integers(0, 25))
def test_the_index_finds_the_same_pairs_as_comparing_all_titles(
    shown: list[str], threshold: float, sample: int
) -> None:
    every = {
        (one, other)
        for one, other in combinations(range(len(shown)), 2)
        if jaccard(words(shown[one]), words(shown[other])) >= threshold
    }
    assert set(pairs(shown, threshold)) == every
    window = TitleIndex(shown[:sample], threshold)  # whatever it learnt from
    found = set()
    for place, title in enumerate(shown):
        found |= {(item.key, place) for item in window.find(title)}
        window.add(place, title)
    assert found == every


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ((LONG, ()), (LONG + "More.", ()), True),
        ((LONG, ()), ("Proteins fold in ways that surprise us every day. " * 4, ()), False),
        (("", ("Ada", "Bob")), (LONG, ("Bob", "ADA")), True),
        (("", ("Ada", "Bob")), (LONG, ("Ada",)), False),
        (("", ()), ("", ()), False),
        ((LONG, ("Ada",)), ("Proteins fold in ways that surprise us. " * 4, ("Ada",)), False),
    ],
)
def test_abstracts_or_without_them_authors_are_the_evidence(
    one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]], *, expected: bool
) -> None:
    evidence = [Evidence(abstract=abstract, authors=authors) for abstract, authors in (one, other)]
    assert (corroborate(*evidence) is not None) == expected
    assert corroborate(*evidence) == corroborate(*reversed(evidence))


@pytest.mark.parametrize(
    "first, second, expected",
    [
        ("abcd", "abce", 1 / 3),  # abc, bcd; abc, bce
        ("ab", "ab", 1),
        ("ab", "abc", 0),
        ("abc", "abcd", 1 / 2),
        ("", "abc", 0),
        ("", "", 0),
        ("x" * 300 + "abc", "x" * 300 + "def", 1),  # only the first 300 characters
        ("x" * 299 + "a", "x" * 299 + "b", 1 / 3),
    ],
)
def test_abstracts_are_compared_by_the_trigrams_of_their_beginnings(
    first: str, second: str, expected: float
) -> None:
    assert opening_similarity(first, second) == pytest.approx(expected)


def test_two_titles_without_words_are_not_similar() -> None:
    assert jaccard(frozenset(), frozenset()) == 0
    assert jaccard(frozenset("a"), frozenset()) == 0


def test_abstracts_at_the_limits_are_evidence() -> None:
    def evidence(abstract: str, *authors: str) -> Evidence:
        return Evidence(abstract=abstract, authors=authors)

    assert corroborate(evidence("abc"), evidence("abcd"))  # 1 of 2 trigrams
    assert not corroborate(evidence("abcde"), evidence("abcdeuvwxyzt"))  # 3 of 10
    assert corroborate(evidence("abcde", "Ada"), evidence("abcdeuvwxyzt", "Ada"))
    assert not corroborate(evidence("abcde", "Ada"), evidence("abcdeuvwxyzts", "Ada"))
