"""The sentences of an excerpt are those that a plain search for the best next one finds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.editions.sentence_choice import (
    GAP,
    SHARES,
    SentenceTable,
    choose_sentences,
    evidence_shares,
    sentence_table,
)

UNIT = 1 << 16
SENTENCE = st.lists(
    st.sampled_from(["We", "propose", "It", "however,", "models", "of", "bees"]),
    min_size=1,
    max_size=30,
).map(lambda words: " ".join(words) + ".")
EVIDENCE = st.lists(st.tuples(st.integers(0, 2**8 - 1), st.integers(0, 3000)), max_size=5)


def length(table: SentenceTable, places: Sequence[int]) -> int:
    """Returns the number of characters of some sentences with what is between them."""
    total = 0
    for place, before in zip(places, (None, *places), strict=False):
        if before is not None:
            total += table.separators[before] if place == before + 1 else len(GAP)
        total += table.lengths[place]
    return total


def plain_choice(
    table: SentenceTable, shares: Sequence[tuple[int, int]], budget: int, most: int
) -> tuple[int, ...]:
    """Adds the sentence with the largest value until none is left that fits, or is worth it."""
    every = range(len(table.lengths))
    if length(table, every) <= budget:
        return tuple(every)
    chosen: list[int] = []
    while len(chosen) < most:
        values: dict[int, int] = {}
        for place in every:
            if place in chosen:
                continue
            fits = length(table, sorted([*chosen, place])) <= budget
            if chosen and not fits:
                continue
            values[place] = table.values[place] - (0 if fits else -(-6 * UNIT // 10))
            values[place] += 0 if place - 1 in chosen else table.alone[place]
            for mask, share in shares:
                if mask >> place & 1:
                    is_repeated = any(mask >> other & 1 for other in chosen)
                    unit = UNIT // (10 * SHARES) if is_repeated else 3 * UNIT // SHARES
                    values[place] += share * unit
        if not values or (chosen and max(values.values()) < 0):
            break
        chosen.append(max(values, key=lambda place: (values[place], -place)))
    return tuple(sorted(chosen))


@given(st.lists(SENTENCE, max_size=8), EVIDENCE, st.integers(1, 400), st.integers(1, 3))
def test_the_best_sentence_is_added_as_long_as_one_fits(
    sentences: list[str], evidence: list[tuple[int, int]], budget: int, most: int
) -> None:
    table = sentence_table(tuple(sentences), "Bees")
    own = [(mask & ((1 << len(sentences)) - 1), weight) for mask, weight in evidence]
    shares = evidence_shares(own)
    assert choose_sentences(table, shares, budget, most) == plain_choice(
        table, shares, budget, most
    )


def test_keywords_in_the_same_sentences_have_one_share() -> None:
    assert evidence_shares([(2, 5), (0, 9), (2, 10), (1, 15)]) == ((1, 16), (2, 16))


@pytest.mark.parametrize("weights", [[], [(1, 0)]])
def test_keywords_without_weight_have_no_share(weights: list[tuple[int, int]]) -> None:
    assert evidence_shares(weights) == ()
