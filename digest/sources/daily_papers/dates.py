"""The years that a dump leaves out.

A page gives its own date as `May 5` and leaves the year of its papers out where it is the
page's own. The page's year is inferred, strongest evidence first:

1. A year that stands in the page's date.
2. The papers' explicit dates. A page leaves out its own year alone, so it is of a later
   year than the newest year it writes out: taken as the year after it if three papers or
   more are dated so, or if the file has no modification time. A single old paper proves
   little about how recent the page is, three rarely err, and then neither the file's time
   nor the clock decides.
3. The file's modification time: the latest such month and day that is not after it, with a
   day of grace for time zones, and never before what the explicit dates prove.
4. The present, in the same way.

A page that would be in the future by (2) does write out its own year: then (3) and (4)
decide, on or after the newest paper's date. Paper dates in the future prove nothing.
February 29 is a day of leap years only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# `Sep 16` or `Sep 16, 2023`; the site abbreviates months, some copies spell them out.
DATE = r"(?P<month>[A-Z][a-z]{2,8})\.? (?P<day>\d{1,2})(?:, ?(?P<year>\d{4}))?"

GRACE = timedelta(days=1)  # the page's day may have begun where the clock's has not
ENOUGH = 3  # explicit dates that outweigh the file's own time

# Spelled out here, because the calendar module's names follow the locale.
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH |= {name[:3]: number for name, number in _MONTH.items()} | {"sept": 9}
_OLDEST_FILE = 2000
_LEAP_YEAR = 2000
_YEARS = range(1900, 2200)  # others are slips of the pen


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedDay:
    """A day as a dump states it."""

    month: int
    day: int
    year: int | None  # None: left out

    @property
    def explicit(self) -> date | None:
        """The date, if its year is stated."""
        return None if self.year is None else date(self.year, self.month, self.day)


def stated_day(match: re.Match[str]) -> StatedDay | None:
    """The day that a match of `DATE` states; None if the calendar has no such day."""
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
    """The page's date, its year inferred as the module's docstring says.

    Args:
        stated: the day in the page's header.
        explicit: the papers' dates that state their year.
        modified: when the file was last changed, if that is known.
        now: the present.
    """
    if stated.explicit is not None:
        return stated.explicit
    if modified is not None and modified.year < _OLDEST_FILE:
        modified = None  # copied or unpacked without its time
    moment = min(modified, now) if modified is not None else now
    latest = _latest(stated, moment.date() + GRACE)
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
    """A paper's date: without a year it is of the page's, or earlier if that is to come."""
    return stated.explicit or _latest(stated, page + GRACE)


def _latest(stated: StatedDay, bound: date) -> date:
    year = bound.year
    while not _exists(year, stated.month, stated.day) or _on(stated, year) > bound:
        year -= 1
    return _on(stated, year)


def _first(stated: StatedDay, bound: date) -> date:
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
