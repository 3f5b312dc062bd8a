"""The mean and the spread of vectors, beside their definition."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.background.spread import mean_of, means_along, spread_of, spread_ratios
from digest.core.background.table import VECTOR_UNIT, units


def drawn(seed: int, count: int, dimensions: int = 12) -> Any:
    return units(np.random.default_rng(seed).normal(0.3, 1.0, (count, dimensions)))


@pytest.mark.parametrize("seed", range(5))
def test_means_and_deviations_are_those_of_the_products(seed: int) -> None:
    vectors, directions = drawn(seed, 300), drawn(seed + 100, 7)
    products = directions @ vectors.T
    found = spread_of(vectors.astype(np.float32))
    assert means_along(directions, found.mean) == pytest.approx(products.mean(axis=1), abs=1e-5)
    assert found.deviations(directions) == pytest.approx(products.std(axis=1), abs=1e-4)


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_vectors_and_of_directions_changes_no_bit(
    seed: int, chance: random.Random
) -> None:
    vectors, directions = drawn(seed, 40), drawn(seed + 1, 5)
    order = chance.sample(range(40), 40)
    one, other = spread_of(vectors), spread_of(vectors[order])
    assert (one.mean == other.mean).all()
    assert (one.covariance == other.covariance).all()
    alone = [one.deviations(directions[[number]])[0] for number in range(5)]
    assert one.deviations(directions).tolist() == alone


def test_without_vectors_there_is_no_spread() -> None:
    found = spread_of(np.zeros((0, 3), dtype=np.float32))
    assert (found.mean == mean_of(np.zeros((0, 3)))).all()
    assert found.deviations(np.eye(3)).tolist() == [0.0, 0.0, 0.0]


def test_equal_vectors_have_no_spread() -> None:
    one = np.array([[VECTOR_UNIT, 0.5]])
    assert spread_of(one.repeat(10, axis=0)).deviations(np.eye(2)).tolist() == [0.0, 0.0]


def test_only_a_larger_deviation_makes_a_ratio() -> None:
    ratios = spread_ratios(np.array([0.1, 0.2, 0.0]), np.array([0.2, 0.1, 0.3]))
    assert ratios.tolist() == [0.5, 1.0, 1.0]
