"""Sums and orders of many groups at once equal those of one group after the other."""

from itertools import pairwise
from math import fsum

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digest.core.batch_ranking.grouped_values import different, order_of_matches, sums_of_groups

_VALUES = st.one_of(
    st.floats(min_value=1e-12, max_value=1e6),
    st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False),
    st.integers(min_value=0, max_value=1 << 40).map(lambda number: number * 2.0**-28),
    # Halves of the last place of 1, which are rounded to even.
    st.integers(min_value=0, max_value=64).map(lambda number: number * 2.0**-53),
    st.just(1.0),
)


@given(st.lists(st.lists(_VALUES, max_size=9), max_size=12))
def test_sums_are_those_of_fsum(groups: list[list[float]]) -> None:
    values = np.array([value for group in groups for value in group], dtype=np.float64)
    owners = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    found = sums_of_groups(values, owners, len(groups)).tolist()
    assert found == [fsum(group) for group in groups]


def test_sums_of_random_values_are_those_of_fsum() -> None:
    generator = np.random.default_rng(1)
    sizes = generator.integers(0, 12, 3000)
    owners = np.repeat(np.arange(len(sizes)), sizes)
    values = generator.random(len(owners)) * 10.0 ** generator.integers(-18, 3, len(owners))
    listed, ends = values.tolist(), np.cumsum(sizes).tolist()
    expected = [fsum(listed[begin:end]) for begin, end in pairwise((0, *ends))]
    assert sums_of_groups(values, owners, len(sizes)).tolist() == expected


_MATCHES = st.tuples(
    st.integers(min_value=0, max_value=4),
    st.sampled_from([0.5, 1.0, 1.0000000000000002, 7.25]),
    st.integers(min_value=0, max_value=9),
    st.integers(min_value=0, max_value=3),
)


@given(st.lists(_MATCHES, unique=True, max_size=40))
def test_matches_are_sorted_by_pair_then_points_then_text_then_field(
    matches: list[tuple[int, float, int, int]],
) -> None:
    columns = list(zip(*matches, strict=True)) or [()] * 4
    owners, ranks, fields = (np.array(columns[place], dtype=np.int64) for place in (0, 2, 3))
    points = np.array(columns[1], dtype=np.float64)
    found = [matches[place] for place in order_of_matches(owners, points, ranks, fields).tolist()]
    assert found == sorted(matches, key=lambda item: (item[0], -item[1], item[2], item[3]))


@given(st.lists(st.integers(min_value=0, max_value=50)))
def test_different_numbers_are_there_once_ascending(numbers: list[int]) -> None:
    assert different(np.array(numbers, dtype=np.int64)).tolist() == sorted(set(numbers))
