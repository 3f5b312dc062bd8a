"""The sentences of many entries are those that `choose_sentences` chooses for each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions.sentence_choice import (
    SentenceTable,
    choose_sentences,
    evidence_shares,
    places_of,
)
from digest.core.editions.together.sentence_arrays import (
    MOST_SENTENCES,
    KeywordPlaces,
    SentenceArrays,
)

VALUES = st.integers(-140_000, 140_000)


@st.composite
def tables(draw: st.DrawFn) -> SentenceTable:
    lengths = draw(
        st.lists(
            st.sampled_from([0, 1, 40, 90, 118, 119, 120, 180, 359, 360, 361, 500]), max_size=9
        )
    )
    count = len(lengths)
    separators = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))[1:]
    return SentenceTable(
        lengths=tuple(lengths),
        separators=tuple(separators),
        length=sum(lengths) + sum(separators),
        values=tuple(draw(st.lists(VALUES, min_size=count, max_size=count))),
        alone=tuple(draw(st.lists(st.sampled_from([0, -19661]), min_size=count, max_size=count))),
    )


@given(st.data())
def test_the_sentences_are_those_of_each_entry_alone(data: st.DataObject) -> None:
    known = data.draw(st.lists(tables(), min_size=1, max_size=4))
    rows = data.draw(st.lists(st.integers(0, len(known) - 1), max_size=8))
    weights = [
        data.draw(
            st.lists(
                st.tuples(
                    st.integers(0, (1 << len(known[row].lengths)) - 1), st.integers(0, 100_000)
                ),
                max_size=4,
            )
        )
        for row in rows
    ]
    listed = [(entry, *item) for entry, own in enumerate(weights) for item in own]
    listed = data.draw(st.permutations(listed))
    entries, masks, amounts = np.array(listed, dtype=np.int64).reshape(-1, 3).T
    evidence = KeywordPlaces(entries=entries, masks=masks, weights=amounts)
    chosen = SentenceArrays(known).choose(np.array(rows, dtype=np.int64), evidence)
    assert [places_of(mask) for mask in chosen.tolist()] == [
        choose_sentences(known[row], evidence_shares(own))
        for row, own in zip(rows, weights, strict=True)
    ]


def test_papers_without_an_abstract_have_no_sentences() -> None:
    nothing = SentenceTable(lengths=(), separators=(), values=(), alone=(), length=0)
    none = np.zeros(0, dtype=np.int64)
    evidence = KeywordPlaces(entries=none, masks=none, weights=none)
    arrays = SentenceArrays([nothing, nothing])
    assert arrays.choose(np.array([1, 0, 1]), evidence).tolist() == [0, 0, 0]


@pytest.mark.parametrize("count", [MOST_SENTENCES - 1, MOST_SENTENCES])
def test_the_longest_abstracts_have_a_bit_for_each_sentence(count: int) -> None:
    table = SentenceTable(
        lengths=(100,) * count,
        separators=(1,) * (count - 1),
        values=(0,) * count,
        alone=(0,) * count,
        length=101 * count,
    )
    last = 1 << (count - 1)
    evidence = KeywordPlaces(entries=np.array([0]), masks=np.array([last]), weights=np.array([5]))
    chosen = SentenceArrays([table]).choose(np.array([0]), evidence).tolist()
    assert places_of(chosen[0]) == choose_sentences(table, evidence_shares([(last, 5)]))
    assert chosen[0] & last


def test_sets_of_long_abstracts_are_told_apart() -> None:
    table = SentenceTable(
        lengths=(100,) * MOST_SENTENCES,
        separators=(1,) * (MOST_SENTENCES - 1),
        values=(0,) * MOST_SENTENCES,
        alone=(0,) * MOST_SENTENCES,
        length=101 * MOST_SENTENCES,
    )
    last = 1 << (MOST_SENTENCES - 1)
    weights = [[(last, 5), (1, 3), (last, 1), (6, 4)], [(1, 2), (last | 1, 9)], []]
    listed = [(entry, *item) for entry, own in enumerate(weights) for item in own]
    entries, masks, amounts = np.array(listed[::-1], dtype=np.int64).T
    evidence = KeywordPlaces(entries=entries, masks=masks, weights=amounts)
    chosen = SentenceArrays([table]).choose(np.array([0, 0, 0]), evidence).tolist()
    assert [places_of(mask) for mask in chosen] == [
        choose_sentences(table, evidence_shares(own)) for own in weights
    ]
