"""When a source is polled next."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.schedule.announcement_days import (
    ARXIV,
    HUGGING_FACE,
    NO_CALENDAR,
    AnnouncementCalendar,
    on_days,
)
from digest.core.schedule.polling import (
    EVERY_TICK,
    HOURLY,
    UNTIL_FRESH,
    PollResult,
    PollSchedule,
    next_poll,
)

TUESDAY = date(2026, 5, 12)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def poll_after(
    now: str,
    announced: str | None = None,
    *,
    of: PollSchedule = UNTIL_FRESH,
    announcing: AnnouncementCalendar = ARXIV,
    failures: int = 0,
    jitter: float = 0.0,
) -> datetime | None:
    day = date.fromisoformat(announced) if announced else None
    result = PollResult(announced=day, failures=failures)
    return next_poll(of, announcing, result, now=at(now), jitter=jitter)


def test_a_folder_is_polled_at_each_tick() -> None:
    assert poll_after("2026-05-12T12:00:00Z", of=EVERY_TICK, announcing=NO_CALENDAR) is None
    assert (
        poll_after("2026-05-12T12:00:00Z", of=EVERY_TICK, announcing=NO_CALENDAR, failures=3)
        is None
    )


def test_a_feed_is_polled_hourly_with_a_random_delay() -> None:
    on_time = poll_after("2026-05-12T12:00:00Z", of=HOURLY, announcing=NO_CALENDAR)
    assert on_time == at("2026-05-12T13:00:00Z")
    late = poll_after("2026-05-12T12:00:00Z", of=HOURLY, announcing=NO_CALENDAR, jitter=1.0)
    assert late == at("2026-05-12T13:06:00Z")


@pytest.mark.parametrize(
    "now, announced, again",
    [
        # Tuesday's listing is due from midnight Eastern, 04:00 UTC, on.
        ("2026-05-12T04:01:00Z", "2026-05-11", "2026-05-12T04:21:00Z"),
        ("2026-05-12T04:21:00Z", "2026-05-12", "2026-05-12T16:21:00Z"),  # complete: a long wait
        ("2026-05-12T16:21:00Z", "2026-05-12", "2026-05-13T04:00:00Z"),  # until the next
        ("2026-05-12T12:00:00Z", "2026-05-11", "2026-05-12T13:00:00Z"),  # late: less often
        ("2026-05-12T12:00:00Z", None, "2026-05-12T13:00:00Z"),
        ("2026-05-15T18:00:00Z", "2026-05-15", "2026-05-16T06:00:00Z"),  # the weekend
        ("2026-05-17T18:00:00Z", "2026-05-15", "2026-05-18T04:00:00Z"),
        ("2026-11-27T18:00:00Z", "2026-11-26", "2026-11-28T06:00:00Z"),  # Thanksgiving
    ],
)
def test_arxiv_is_polled_until_the_listing_of_the_day_is_there(
    now: str, announced: str | None, again: str
) -> None:
    assert poll_after(now, announced) == at(again)


def test_a_growing_list_is_polled_during_its_day_and_rarely_on_other_days() -> None:
    def again(now: str) -> datetime | None:
        return poll_after(now, of=HOURLY, announcing=HUGGING_FACE)

    assert again("2026-05-12T00:10:00Z") == at("2026-05-12T01:10:00Z")
    assert again("2026-05-16T03:00:00Z") == at("2026-05-16T15:00:00Z")
    assert again("2026-05-17T20:00:00Z") == at("2026-05-18T00:00:00Z")


def test_after_failures_the_waits_grow_up_to_two_hours() -> None:
    now = "2026-05-12T04:00:00Z"
    waits = [
        (again - at(now)) / HOUR
        for failures in range(1, 9)
        if (again := poll_after(now, "2026-05-11", failures=failures))
    ]
    assert waits == [pytest.approx(wait) for wait in (1 / 3, 2 / 3, 4 / 3, 2, 2, 2, 2, 2)]


def test_fixed_times_are_in_utc_and_each_is_used_once() -> None:
    twice = PollSchedule(at=(time(17, 10), time(5, 10)))

    def again(now: str, jitter: float = 0.0, failures: int = 0) -> datetime | None:
        return poll_after(now, of=twice, announcing=NO_CALENDAR, jitter=jitter, failures=failures)

    assert again("2026-05-12T05:00:00Z") == at("2026-05-12T05:10:00Z")
    assert again("2026-05-12T05:00:00Z", jitter=1.0) == at("2026-05-12T05:15:00Z")
    assert again("2026-05-12T05:12:00Z", jitter=1.0) == at("2026-05-12T17:15:00Z")
    assert again("2026-05-12T17:10:00Z") == at("2026-05-13T05:10:00Z")
    assert again("2026-05-12T05:10:00Z", failures=1) == at("2026-05-12T05:20:00Z")
    assert again("2026-05-12T05:05:00Z", failures=3) == at("2026-05-12T05:10:00Z")


@given(
    st.sampled_from([UNTIL_FRESH, HOURLY, PollSchedule(at=(time(3), time(4)))]),
    st.sampled_from(
        [ARXIV, HUGGING_FACE, NO_CALENDAR, on_days(frozenset({2})), on_days(frozenset())]
    ),
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.none() | st.integers(-9, 1),
    st.integers(0, 50),
    st.floats(0, 1),
)
def test_the_next_poll_is_in_the_future_and_within_a_day(  # noqa: PLR0917 - hypothesis gives them so
    of: PollSchedule,
    announcing: AnnouncementCalendar,
    now: datetime,
    age: int | None,
    failures: int,
    jitter: float,
) -> None:
    announced = None if age is None else now.date() + timedelta(days=age)
    result = PollResult(announced=announced, failures=failures)
    again = next_poll(of, announcing, result, now=now, jitter=jitter)
    assert again is not None
    assert now < again <= now + timedelta(hours=24, minutes=6)
