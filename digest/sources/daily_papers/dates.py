"""Infers the years that are missing from the dates in a dump.

A page shows its own date as `May 5`, without a year. It shows the year of a paper only where
that differs from the year of the page. The year of the page is inferred from the first of these
that is available:

1. The year in the page's date, if it has one.
2. The papers' explicit dates, those with a year. Because a page omits only its own year, the
   page is from a later year than the newest explicit one. We take the year after it if at
   least three papers have explicit dates, or if the file has no modification time. One old
   paper says little about the age of the page; three are rarely wrong, and then they count
   more than the modification time and the clock.
3. The modification time of the file: the latest date with this month and day that is not after
   it, with one day of grace for time zones, and not earlier than the explicit dates allow.
4. The current time, in the same way.

If (2) gives a date in the future, the page does show its own year. Then (3) and (4) decide, with
the newest paper's date as the lower bound. Paper dates in the future are ignored. February 29
exists only in leap years.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

# `Sep 16` or `Sep 16, 2023`; the site abbreviates months, some copies have full names.
DATE = r"(?P<month>[A-Z][a-z]{2,8})\.? (?P<day>\d{1,2})(?:, ?(?P<year>\d{4}))?"

GRACE = timedelta(days=1)  # the page's time zone may already be in the next day
ENOUGH = 3  # this many explicit dates count more than the file's modification time

# Not from the calendar module, because its names depend on the locale.
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH |= {name[:3]: number for name, number in _MONTH.items()} | {"sept": 9}
_OLDEST_FILE = 2000
_LEAP_YEAR = 2000
_YEARS = range(1900, 2200)  # other years are typing errors


class StatedDay(Struct, frozen=True, kw_only=True):
    """A day as it is written in a dump."""

    month: int
    day: int
    year: int | None  # None: not written

    @property
    def explicit(self) -> date | None:
        """The date, if the year is written; else None."""
        return None if self.year is None else date(self.year, self.month, self.day)


def stated_day(match: re.Match[str]) -> StatedDay | None:
    """Returns the day in a match of `DATE`; None if the calendar has no such day."""
    month = _MONTH.get(match["month"].lower())
    day = int(match["day"])
    year = int(match["year"]) if match["year"] else None
    if month is None or not _exists(year or _LEAP_YEAR, month, day):
        return None
    if year is not None and year not in _YEARS:
        return None
    return StatedDay(month=month, day=day, year=year)


def page_date(
    stated: StatedDay, *, explicit: Sequence[date], modified: datetime | None, now: datetime
) -> date:
    """Returns the date of a page; infers the year by the rules in the module's docstring.

    Args:
        stated: The day in the header of the page.
        explicit: The dates of the papers whose year is written.
        modified: The modification time of the file; None if it is unknown.
        now: The current time.
    """
    if stated.explicit is not None:
        return stated.explicit
    if modified is not None and modified.year < _OLDEST_FILE:
        # A copy without its time has a date such as 1 January 1970.
        modified = None
    # A modification time in the future comes from a wrong clock.
    upper_bound = min(modified, now) if modified is not None else now
    latest = _latest(stated, upper_bound.date() + GRACE)
    today = now.date() + GRACE
    newest = max((day for day in explicit if day <= today), default=None)
    if newest is None:
        return latest
    following = _first(stated, date(newest.year + 1, 1, 1))
    if following <= today:
        trusted = len(explicit) >= ENOUGH or modified is None
        return following if trusted else max(latest, following)
    return max(latest, _first(stated, newest - GRACE))


def paper_date(stated: StatedDay, *, page: date) -> date:
    """Returns the date of a paper; without a year, the latest that is not after the page."""
    return stated.explicit or _latest(stated, page + GRACE)


def _latest(stated: StatedDay, bound: date) -> date:
    """Returns the latest date with this month and day that is not after the bound."""
    year = bound.year
    # More than one step back is needed only for 29 February.
    while not _exists(year, stated.month, stated.day) or _on(stated, year) > bound:
        year -= 1
    return _on(stated, year)


def _first(stated: StatedDay, bound: date) -> date:
    """Returns the first date with this month and day that is not before the bound."""
    year = bound.year
    while not _exists(year, stated.month, stated.day) or _on(stated, year) < bound:
        year += 1
    return _on(stated, year)


def _on(stated: StatedDay, year: int) -> date:
    return date(year, stated.month, stated.day)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
