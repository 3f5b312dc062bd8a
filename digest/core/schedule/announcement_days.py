"""Calendars of sources: on which days a batch is expected, and on which none is."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

_MON, _TUE, _WED, _THU, _FRI, _SAT, _SUN = range(7)
_WEEKDAYS = frozenset((_MON, _TUE, _WED, _THU, _FRI))
_ARXIV_FIXED_HOLIDAYS = ((1, 1), (6, 19), (7, 4), (12, 25))  # month and day
# Further days without an announcement, as arXiv published them for 2026. No rule gives these.
_ARXIV_EXTRA_HOLIDAYS = frozenset((date(2026, 12, 29), date(2026, 12, 31)))


class AnnouncementCalendar(Struct, frozen=True, kw_only=True):
    """The days on which a source is expected to have papers.

    A source without such days (a folder, a blog) is never late and never silent.
    """

    zone: str = "UTC"  # IANA; the source's day ends at midnight in this zone
    days: frozenset[int] = frozenset()  # weekdays; Monday is 0
    holiday: Callable[[date], bool] = lambda _: False  # True for a day without papers
    grows_during_day: bool = False  # the list of a day grows until the day is over

    def expected(self, day: date) -> bool:
        """Returns True if a batch of this day should have papers."""
        return day.weekday() in self.days and not self.holiday(day)

    def today(self, now: datetime) -> date:
        """Returns the date in the source's time zone."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """Returns the moment in UTC at which the source's day starts."""
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)

    def latest(self, now: datetime) -> date | None:
        """Returns the latest day, today included, that should have papers; None without days."""
        if not self.days:
            return None
        today = self.today(now)
        past_days = (today - timedelta(days=back) for back in range(30))
        return next((day for day in past_days if self.expected(day)), None)

    def missed(self, since: date, now: datetime) -> int:
        """Returns how many days after `since` and before today should have had papers."""
        span = (self.today(now) - since).days
        return sum(self.expected(since + timedelta(days=ahead)) for ahead in range(1, span))


def arxiv_holiday(evening: date) -> bool:
    """Returns True if arXiv makes no announcement on this evening.

    The rules give the days that arXiv published for 2026 on its holidays page: New Year's Day,
    Martin Luther King Jr. Day, Juneteenth, Independence Day, Labor Day, Thanksgiving and
    Christmas. If a holiday is a Sunday, the Monday is free too; if it is a Saturday, the Friday
    is. Other free days, such as those after Christmas, are listed in this module for single
    years. An unlisted one causes at most a warning (`batch_verdict.missed_days`).
    """
    fixed = (date(evening.year, month, day) for month, day in _ARXIV_FIXED_HOLIDAYS)
    if evening in _ARXIV_EXTRA_HOLIDAYS or any(evening in _observed(day) for day in fixed):
        return True
    week = (evening.day - 1) // 7 + 1  # 3 for the third Monday (or other weekday) of the month
    return (
        (evening.month == 1 and evening.weekday() == _MON and week == 3)
        or (evening.month == 9 and evening.weekday() == _MON and week == 1)
        or (evening.month == 11 and evening.weekday() == _THU and week == 4)
    )


def _observed(day: date) -> frozenset[date]:
    """Returns a federal holiday, and the nearest weekday if it is on a weekend."""
    # arXiv never announces on a Saturday.
    if day.weekday() == _SAT:
        return frozenset((day - timedelta(days=1),))
    return frozenset((day, day + timedelta(days=day.weekday() == _SUN)))


def _arxiv_listing_is_empty(day: date) -> bool:
    """Returns True if the evening before was a holiday: the listing shows its announcement."""
    return arxiv_holiday(day - timedelta(days=1))


ARXIV = AnnouncementCalendar(
    zone="America/New_York", days=_WEEKDAYS, holiday=_arxiv_listing_is_empty
)
"""arXiv announces Sunday to Thursday at 20:00 Eastern; its feeds change at the next midnight."""

HUGGING_FACE = AnnouncementCalendar(days=_WEEKDAYS, grows_during_day=True)
"""Daily Papers adds papers during each weekday. A weekend may or may not have papers."""

NO_CALENDAR = AnnouncementCalendar()
"""For a folder or a blog: no day is expected to have papers."""


def on_days(days: frozenset[int], zone: str = "UTC") -> AnnouncementCalendar:
    """Returns the calendar of a source that should have papers on these weekdays.

    Args:
        days: Monday is 0.
        zone: IANA name of the time zone of the source's day.
    """
    return AnnouncementCalendar(zone=zone, days=days)
