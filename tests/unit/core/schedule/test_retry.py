"""The wait before the next attempt."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.core.schedule.retry import FIRST_WAIT, LONGEST_WAIT, wait_before


def test_the_wait_doubles() -> None:
    waits = [wait_before(attempt, jitter=0.5) for attempt in (1, 2, 3)]
    assert waits == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_stays_within_its_bounds(attempt: int, jitter: float) -> None:
    assert FIRST_WAIT * 0.75 <= wait_before(attempt, jitter=jitter) <= LONGEST_WAIT * 1.25


def test_messages_deferred_together_are_tried_again_at_different_times() -> None:
    assert wait_before(1, jitter=0.0) + timedelta(minutes=4) < wait_before(1, jitter=0.99)
