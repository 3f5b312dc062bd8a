"""When sources announce: which days should have a batch, and which are rightly silent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MON, _TUE, _WED, _THU, _FRI, _SAT, _SUN = range(7)
_WEEKDAYS = frozenset((_MON, _TUE, _WED, _THU, _FRI))
_ARXIV_FIXED = ((1, 1), (6, 19), (7, 4), (12, 25))
# Days without an announcement that no rule gives; as arXiv published them for 2026.
_ARXIV_EXTRA = frozenset((date(2026, 12, 29), date(2026, 12, 31)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementCalendar:
    """The days on which a source should have something.

    A source without any such days (a folder, a blog) is never late and never silent.
    """

    zone: str = "UTC"  # whose midnight ends the source's day
    days: frozenset[int] = frozenset()  # Monday is 0
    holiday: Callable[[date], bool] = lambda _: False
    fills: bool = False  # its list of the day grows until the day is over

    def expected(self, day: date) -> bool:
        """Whether a batch of this day should have papers."""
        return day.weekday() in self.days and not self.holiday(day)

    def today(self, now: datetime) -> date:
        """The source's own day at this moment."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def begins(self, day: date) -> datetime:
        """The first moment of the source's own day."""
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)

    def latest(self, now: datetime) -> date | None:
        """The latest day up to today that should have a batch; None if no day has to."""
        if not self.days:
            return None
        today = self.today(now)
        past = (today - timedelta(days=back) for back in range(30))
        return next((day for day in past if self.expected(day)), None)

    def missed(self, since: date, now: datetime) -> int:
        """The days after `since` and before today that should have had a batch."""
        span = (self.today(now) - since).days
        return sum(self.expected(since + timedelta(days=ahead)) for ahead in range(1, span))


def arxiv_holiday(evening: date) -> bool:
    """Whether arXiv makes no announcement on this evening.

    The rules give the days that arXiv published for 2026 (its holidays page): New Year, Martin
    Luther King's day, Juneteenth, Independence Day, Labor Day, Thanksgiving, and Christmas; on a
    Sunday the Monday, too, on a Saturday the Friday. Further days of single years, as between
    the years, are listed here; what no rule can know makes a warning and no more (`silence`).
    """
    fixed = (date(evening.year, month, day) for month, day in _ARXIV_FIXED)
    if evening in _ARXIV_EXTRA or any(evening in _observed(day) for day in fixed):
        return True
    week = (evening.day - 1) // 7 + 1  # which Monday, Thursday ... of the month
    return (
        (evening.month == 1 and evening.weekday() == _MON and week == 3)
        or (evening.month == 9 and evening.weekday() == _MON and week == 1)
        or (evening.month == 11 and evening.weekday() == _THU and week == 4)
    )


def _observed(day: date) -> frozenset[date]:
    """A federal holiday and, where it falls on a weekend, the nearest weekday."""
    if day.weekday() == _SAT:  # no evening of announcements itself
        return frozenset((day - timedelta(days=1),))
    return frozenset((day, day + timedelta(days=day.weekday() == _SUN)))


def _arxiv_listing_is_empty(day: date) -> bool:
    """The listing of a day holds what was announced on the evening before."""
    return arxiv_holiday(day - timedelta(days=1))


ARXIV = AnnouncementCalendar(
    zone="America/New_York", days=_WEEKDAYS, holiday=_arxiv_listing_is_empty
)
"""Announced Sunday to Thursday at 20:00 Eastern; the feeds change at the midnight after it."""

HUGGING_FACE = AnnouncementCalendar(days=_WEEKDAYS, fills=True)
"""Daily Papers lists papers through each weekday; a weekend may have some, and need not."""

NO_CALENDAR = AnnouncementCalendar()
"""A folder, a blog: nothing is ever late."""


def on_days(days: frozenset[int], zone: str = "UTC") -> AnnouncementCalendar:
    """A source that should have something on these days of the week."""
    return AnnouncementCalendar(zone=zone, days=days)
