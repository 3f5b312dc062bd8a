"""The terms of texts as rows of a table."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.samples.small_background import small_background

from digest.core.background.term_rows import TermRows
from digest.core.text.terms import term_counts
from digest.core.text.tokens import BREAK
from digest.core.text.word_positions import word_positions

TERMS = ("model", "language", "language model", "rare model", "large", "large language", "github")
LEMMAS = ("model", "language", "large", "rare", "the", "https", "github", BREAK)
TEXTS = st.lists(st.lists(st.sampled_from(LEMMAS), max_size=20), max_size=5)


def rows_by_text(texts: list[list[str]]) -> list[list[int]]:
    found = TermRows(TERMS).of(word_positions(texts))
    return [found.of(number).tolist() for number in range(len(texts))]


@given(TEXTS)
def test_the_rows_are_those_of_the_terms_that_are_counted(texts: list[list[str]]) -> None:
    known = {row: term for row, term in enumerate(TERMS) if term != "rare model"}
    for text, found in zip(texts, rows_by_text(texts), strict=True):
        counts = term_counts(text)
        expected = {row: counts[term] for row, term in known.items() if counts[term]}
        assert Counter(found) == expected


def test_rows_stand_in_the_order_of_the_text_a_pair_after_its_second_word() -> None:
    assert rows_by_text([["large", "language", "model"]]) == [[4, 1, 5, 0, 2]]


def test_a_pair_does_not_reach_from_one_text_into_the_next() -> None:
    assert rows_by_text([["language"], [], ["model"]]) == [[1], [], [0]]


@given(TEXTS)
def test_a_table_without_terms_finds_none(texts: list[list[str]]) -> None:
    found = TermRows(()).of(word_positions(texts))
    assert not len(found.rows)
    assert found.ends.tolist() == [0] * (len(texts) + 1)


@given(st.lists(st.lists(st.sampled_from(["bee", "hive", "rose", "soil", BREAK, "the"]))))
def test_many_texts_have_the_vectors_that_each_has_alone(texts: list[list[str]]) -> None:
    background = small_background()
    alone = [background.vector(text) for text in texts]
    together = background.vectors(texts)
    assert together.dtype == np.float32
    assert together.tolist() == [vector.tolist() for vector in alone]
