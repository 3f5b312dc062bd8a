"""When a source is looked at next: often while its batch is due, seldom while it has none."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.backoff import backoff

BUSY = timedelta(hours=6)  # of a day whose batch is late: after them, looks are fewer
FEWER = 3  # times as long between them
REST = timedelta(hours=12)  # at most, while nothing is expected: days may be announced otherwise
FIRST_RETRY = timedelta(minutes=10)
LAST_RETRY = timedelta(hours=2)
_SPREAD = 0.1  # of the wait, so that not all programs of the world ask at once
_LATER = timedelta(minutes=5)  # at most, after a time of the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSchedule:
    """How often a source is looked at by a scheduler; a run by hand looks at all of them."""

    every: timedelta = timedelta()  # between looks; nothing: with each tick
    at: tuple[time, ...] = ()  # UTC; where there are any, in place of `every`
    rests: bool = False  # from when its day's batch is there until the next day begins


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a look at a source left."""

    announced: date | None  # the newest day that any of its batches had
    failures: int = 0  # looks in a row that could not be read, this one among them


EVERY_TICK = PollSchedule()
HOURLY = PollSchedule(every=timedelta(hours=1))
UNTIL_FRESH = PollSchedule(every=timedelta(minutes=20), rests=True)


def next_poll(
    timetable: PollSchedule,
    announcing: AnnouncementCalendar,
    polled: PollResult,
    *,
    now: datetime,
    jitter: float,
) -> datetime | None:
    """When to look again, after a look at `now`; None: with the next tick.

    Args:
        timetable: of the source.
        announcing: the days on which it should have something.
        polled: what the look left.
        now: an aware moment.
        jitter: by chance, from 0 to 1.
    """
    if timetable == EVERY_TICK:
        return None
    if polled.failures:
        first = FIRST_RETRY if timetable.at else max(timetable.every, FIRST_RETRY)
        again = now + backoff(
            polled.failures,
            first=first,
            longest=max(first, LAST_RETRY),
            smallest=1.0,
            spread=_SPREAD,
            jitter=jitter,
        )
        return min(again, _of_the_clock(timetable, now, jitter)) if timetable.at else again
    if timetable.at:
        return _of_the_clock(timetable, now, jitter)
    if _has_all(timetable, announcing, polled, now):
        return _resting(announcing, now, jitter)
    late = timetable.rests and now - announcing.begins(announcing.today(now)) >= BUSY
    return now + timetable.every * (FEWER if late else 1) * (1 + _SPREAD * jitter)


def _has_all(
    timetable: PollSchedule, announcing: AnnouncementCalendar, polled: PollResult, now: datetime
) -> bool:
    """Whether the source is not expected to have anything more before its next day."""
    if not announcing.days:
        return False
    if announcing.fills:
        return not announcing.expected(announcing.today(now))
    wanted = announcing.latest(now)
    if not timetable.rests or wanted is None:
        return False
    return polled.announced is not None and polled.announced >= wanted


def _resting(announcing: AnnouncementCalendar, now: datetime, jitter: float) -> datetime:
    """The beginning of the next day that should have something, or sooner: to be sure."""
    today = announcing.today(now)
    coming = (today + timedelta(days=ahead) for ahead in range(1, 30))
    day = next((day for day in coming if announcing.expected(day)), None)
    sure = now + REST * (1 + _SPREAD * jitter)
    return sure if day is None else min(announcing.begins(day) + _LATER * jitter, sure)


def _of_the_clock(timetable: PollSchedule, now: datetime, jitter: float) -> datetime:
    today = now.astimezone(UTC).date()
    moments = (
        datetime.combine(today + timedelta(days=ahead), hour, UTC)
        for ahead in (0, 1)
        for hour in sorted(timetable.at)
    )
    return next(moment for moment in moments if moment > now) + _LATER * jitter
