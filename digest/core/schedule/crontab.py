"""Crontab expressions, read as cron reads them.

What Debian's cron (Vixie cron) does is the measure: days of the week count from Sunday, 0 or 7;
a day matches by day of the month OR day of the week where neither begins with `*`; and around
a change of the clocks, what names its hour runs once: at once after hours that were skipped,
and only the first time in hours that come twice (crontab(5), cron(8)). The library cronsim
evaluates the fields by the same rules.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

# As in crontab(5).
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

# More than any zone's clocks are ever set forward or back at once; the library looks from there,
# as it does not tell the first of two equal hours from the second.
_MARGIN = timedelta(hours=3)
_NEAR = timedelta(hours=1)
_START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSchedule:
    """The moments that an expression means; made by `parse`."""

    expression: str  # five fields
    zone: tzinfo  # whose clocks it means

    def after(self, moment: datetime) -> datetime:
        """The first of its moments after this one; both aware, the result in UTC."""
        found = self._from(moment)
        while (at := next(found).astimezone(UTC)) <= moment:
            pass
        return at

    def latest(self, moment: datetime, *, within: timedelta) -> datetime | None:
        """The last of its moments up to this one; None if it is longer ago than `within`."""
        for back in (min(_NEAR, within), within):
            last = None
            for found in self._from(moment - back):
                at = found.astimezone(UTC)
                if at > moment:
                    break
                if at >= moment - back:
                    last = at
            if last is not None:
                return last
        return None

    def _from(self, moment: datetime) -> CronSim:
        return CronSim(self.expression, (moment - _MARGIN).astimezone(self.zone))


def parse(expression: str, *, zone: tzinfo) -> CronSchedule:
    """The timetable that an expression means in a zone.

    Args:
        expression: five fields, or a nickname such as `@daily`.
        zone: whose clocks it means.

    Raises:
        ValueError: it means nothing, or no moment at all; says what to write.
    """
    fields = NICKNAMES.get(expression.strip().lower(), expression).split()
    if expression.strip().startswith("@") and len(fields) == 1:
        raise ValueError(f"no nickname that has a time; there are {', '.join(NICKNAMES)}")
    if len(fields) != 5:
        raise ValueError(
            f"{len(fields)} fields instead of five: minute, hour, day of the month, month,"
            " day of the week"
        )
    made = CronSchedule(expression=" ".join(fields), zone=zone)
    try:
        made.after(_START)
    except CronSimError as error:
        raise ValueError(f"no crontab expression ({str(error).lower()})") from None
    except (StopIteration, RuntimeError):
        raise ValueError("it never comes: no such day in fifty years") from None
    return made
