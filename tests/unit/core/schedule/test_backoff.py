"""How long to wait between attempts."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.core.schedule.backoff import backoff

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)


def test_the_wait_doubles_up_to_its_limit() -> None:
    waits = [
        backoff(failures, first=FIRST, longest=LONGEST, smallest=0.5, spread=1.0, jitter=0.5)
        for failures in (1, 2, 3, 7, 8)
    ]
    assert waits == [FIRST, 2 * FIRST, 4 * FIRST, LONGEST, LONGEST]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_jitter_moves_the_wait_within_its_spread(failures: int, jitter: float) -> None:
    wait = backoff(failures, first=FIRST, longest=LONGEST, smallest=0.75, spread=0.5, jitter=jitter)
    assert FIRST * 0.75 <= wait <= LONGEST * 1.25
