"""Decides when a source is polled next: often while a batch is due, rarely at other times."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.backoff import backoff

# If a day's batch is still missing so long after the start of the day, polls become rarer.
LATE_AFTER = timedelta(hours=6)
LATE_FACTOR = 3  # then the waits between polls are so many times as long
# The longest wait while no batch is expected, because the calendar may be wrong.
MAX_IDLE_WAIT = timedelta(hours=12)
MIN_RETRY_WAIT = timedelta(minutes=10)
MAX_RETRY_WAIT = timedelta(hours=2)
# Random delays, so that not all installations ask a source at the same moment.
_MAX_JITTER = 0.1  # part of the wait
_MAX_DELAY = timedelta(minutes=5)  # after a fixed time


class PollSchedule(Struct, frozen=True, kw_only=True):
    """How often the scheduler polls a source. A manual run polls every source."""

    every: timedelta = timedelta()  # between polls; zero: each time that the collect job runs
    at: tuple[time, ...] = ()  # fixed times in UTC; if there are any, `every` is not used
    stops_when_complete: bool = False  # no polls from the day's batch until the next day starts


class PollResult(Struct, frozen=True, kw_only=True):
    """The result of the last poll of a source."""

    announced: date | None  # the newest date of any of its batches
    failures: int = 0  # number of failed polls in a row, including this one


EVERY_TICK = PollSchedule()
HOURLY = PollSchedule(every=timedelta(hours=1))
UNTIL_FRESH = PollSchedule(every=timedelta(minutes=20), stops_when_complete=True)


def next_poll(
    schedule: PollSchedule,
    calendar: AnnouncementCalendar,
    result: PollResult,
    *,
    now: datetime,
    jitter: float,
) -> datetime | None:
    """Returns when to poll a source again.

    Args:
        schedule: of the source.
        calendar: the days on which the source should have papers.
        result: of the poll that has just ended.
        now: an aware moment, the end of that poll.
        jitter: a random number from 0 to 1.

    Returns:
        The moment of the next poll; None to poll each time that the collect job runs.
    """
    if schedule == EVERY_TICK:
        return None
    if result.failures:
        first = MIN_RETRY_WAIT if schedule.at else max(schedule.every, MIN_RETRY_WAIT)
        retry = now + backoff(
            result.failures,
            first=first,
            longest=max(first, MAX_RETRY_WAIT),
            smallest=1.0,
            spread=_MAX_JITTER,
            jitter=jitter,
        )
        return min(retry, _next_fixed_time(schedule, now, jitter)) if schedule.at else retry
    if schedule.at:
        return _next_fixed_time(schedule, now, jitter)
    if _is_complete(schedule, calendar, result, now):
        return _next_day(calendar, now, jitter)
    late = (
        schedule.stops_when_complete and now - calendar.start_of(calendar.today(now)) >= LATE_AFTER
    )
    return now + schedule.every * (LATE_FACTOR if late else 1) * (1 + _MAX_JITTER * jitter)


def _is_complete(
    schedule: PollSchedule, calendar: AnnouncementCalendar, result: PollResult, now: datetime
) -> bool:
    """Returns True if no more papers are expected before the source's next day."""
    if not calendar.days:
        return False
    if calendar.grows_during_day:
        return not calendar.expected(calendar.today(now))
    expected = calendar.latest(now)
    if not schedule.stops_when_complete or expected is None:
        return False
    return result.announced is not None and result.announced >= expected


def _next_day(calendar: AnnouncementCalendar, now: datetime, jitter: float) -> datetime:
    """Returns the start of the next day with papers, but at most `MAX_IDLE_WAIT` from now."""
    today = calendar.today(now)
    coming_days = (today + timedelta(days=ahead) for ahead in range(1, 30))
    day = next((day for day in coming_days if calendar.expected(day)), None)
    latest = now + MAX_IDLE_WAIT * (1 + _MAX_JITTER * jitter)
    return latest if day is None else min(calendar.start_of(day) + _MAX_DELAY * jitter, latest)


def _next_fixed_time(schedule: PollSchedule, now: datetime, jitter: float) -> datetime:
    today = now.astimezone(UTC).date()
    moments = (
        datetime.combine(today + timedelta(days=ahead), fixed_time, UTC)
        for ahead in (0, 1)
        for fixed_time in sorted(schedule.at)
    )
    return next(moment for moment in moments if moment > now) + _MAX_DELAY * jitter
