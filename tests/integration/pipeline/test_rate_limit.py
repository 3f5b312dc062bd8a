"""A limit of messages per minute holds for all processes that send to one mail server."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.pipeline.delivery.rate_limit import RateLimiter, shared_reserve
from digest.store.database.store import Store

START = datetime(2026, 5, 11, 6, tzinfo=UTC)


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def limiter(store: Store, clock: Clock, *, per_minute: float, server: str = "a:25") -> RateLimiter:
    return RateLimiter(
        per_minute,
        clock=clock,
        sleep=lambda _: None,
        reserve=shared_reserve(store, server, moment=clock.moment),
    )


def times(limiters: list[RateLimiter], count: int, clock: Clock) -> list[float]:
    """The times of messages that several processes want to send at once."""
    return sorted(limiters[n % len(limiters)].reserve() or clock() for n in range(count))


def test_two_processes_together_send_no_more_than_the_limit(store: Store) -> None:
    clock = Clock()
    both = [limiter(store, clock, per_minute=60) for _ in range(2)]
    assert times(both, 8, clock) == pytest.approx(range(8))


def test_a_fast_limit_is_shared_second_by_second(store: Store) -> None:
    clock = Clock()
    three = [limiter(store, clock, per_minute=600) for _ in range(3)]
    assert times(three, 60, clock) == pytest.approx([n / 10 for n in range(60)])


def test_mail_servers_have_limits_of_their_own(store: Store) -> None:
    clock = Clock()
    one = limiter(store, clock, per_minute=60)
    other = limiter(store, clock, per_minute=60, server="b:25")
    assert [one.reserve(), one.reserve()] == [None, 1.0]
    assert [other.reserve(), other.reserve()] == [None, 1.0]


def test_time_that_nobody_used_is_not_made_up_for(store: Store) -> None:
    clock = Clock()
    one = limiter(store, clock, per_minute=60)
    assert one.reserve() is None
    clock.seconds = 100.0
    assert [one.reserve(), one.reserve()] == [None, 101.0]


def test_a_limit_that_is_not_shared_needs_no_database(store: Store) -> None:
    assert shared_reserve(store, "", moment=Clock().moment) is None
    clock = Clock()
    alone = RateLimiter(60, clock=clock, sleep=lambda _: None)
    assert [alone.reserve(), alone.reserve()] == [None, 1.0]
