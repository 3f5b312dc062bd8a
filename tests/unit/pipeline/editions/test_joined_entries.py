"""Entries that are joined together are those that are packed one after the other."""

from collections.abc import Sequence

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from digest.pipeline.editions.joined_entries import EntryPieces, texts
from digest.store.editions.serialization import POINT_DIGITS


def _joined(points: Sequence[Sequence[float]], scores: Sequence[float]) -> list[str]:
    owners = np.repeat(np.arange(len(points)), [len(own) for own in points])
    return EntryPieces(
        before=texts([f"[{number}," for number in range(len(points))]),
        scores=np.array(scores, dtype=np.float64),
        between=texts([",["] * len(points)),
        after=texts(["],[1,null],"] * len(points)),
        sentences=texts(["[0,2]]"] * len(points)),
        owners=owners,
        starts=texts([',["word",'] * len(owners)),
        points=np.array([value for own in points for value in own], dtype=np.float64),
        ends=texts(["]"] * len(owners)),
    ).joined()


def _packed(points: Sequence[Sequence[float]], scores: Sequence[float]) -> list[str]:
    entries: list[str] = []
    for number, (own, score) in enumerate(zip(points, scores, strict=True)):
        matches = ",".join([f'["word",{value:.{POINT_DIGITS}f}]' for value in own])
        entries.append(f"[{number},{score!r},[{matches}],[1,null],[0,2]]")
    return entries


_HALVES = st.integers(min_value=0, max_value=1_000_000).map(lambda n: (2 * n + 1) / 20_000)
_POINTS = st.one_of(
    st.floats(min_value=0.0, max_value=100.0),
    st.floats(allow_nan=False, allow_infinity=False),
    _HALVES,
    st.integers(min_value=1, max_value=64_000_000).map(lambda n: n / 2**15),
)


@given(
    st.lists(st.tuples(st.lists(_POINTS, max_size=6), st.floats(min_value=0.0, max_value=100.0)))
)
@example([])
@example([([], 1.0), ([99.99995, 100.0, -0.0, 1e-9], 100.0), ([], 0.1 + 0.2)])
def test_joined_entries_are_those_that_are_packed_alone(
    entries: list[tuple[list[float], float]],
) -> None:
    points, scores = [own for own, _ in entries], [score for _, score in entries]
    assert _joined(points, scores) == _packed(points, scores)


def test_many_points_have_the_decimals_of_python() -> None:
    generator = np.random.default_rng(1)
    points = [[value] for value in (generator.random(20_000) * 101).tolist()]
    scores = [float(number) for number in range(1, 20_001)]
    assert _joined(points, scores) == _packed(points, scores)


def test_many_scores_are_written_as_python_writes_them() -> None:
    generator = np.random.default_rng(1)
    values = np.concatenate(
        [generator.random(20_000) * 100, 10 ** generator.uniform(-5, 2, 20_000), [0.0, 1.0, 100.0]]
    ).tolist()
    for scores in (values, [value for value in values if value >= 0.001]):
        points: list[list[float]] = [[]] * len(scores)
        assert _joined(points, scores) == _packed(points, scores)
