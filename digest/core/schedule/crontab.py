"""Parses crontab expressions, with the meaning that they have for cron.

The reference is Debian's cron (Vixie cron), as described in crontab(5) and cron(8). Weekdays start
with Sunday, which is 0 or 7. A day matches by day of the month OR by day of the week, if neither
field starts with `*`. When the clocks change, a job with a fixed hour runs once: immediately after
an hour that was skipped, and only the first time in an hour that comes twice. The library cronsim
evaluates the fields by the same rules.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError
from msgspec import Struct

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

# cronsim cannot distinguish the two passes of a repeated hour, so every search starts earlier by
# more than any clock change.
_MARGIN = timedelta(hours=3)
_FIRST_SEARCH = timedelta(hours=1)  # how far back `latest` searches first, to save time
_TEST_START = datetime(2024, 1, 1, tzinfo=UTC)  # `parse` checks that a moment after this exists


class CronSchedule(Struct, frozen=True, kw_only=True):
    """A crontab expression in a time zone. `parse` creates it."""

    expression: str  # five fields
    zone: tzinfo  # the expression is local time in this zone

    def after(self, moment: datetime) -> datetime:
        """Returns the first scheduled moment after an aware moment, in UTC."""
        moments = self._moments_from(moment)
        while (scheduled := next(moments).astimezone(UTC)) <= moment:
            pass
        return scheduled

    def latest(self, moment: datetime, *, within: timedelta) -> datetime | None:
        """Returns the last scheduled moment up to an aware moment, in UTC.

        Args:
            moment: the end of the search, included.
            within: how far back to search.

        Returns:
            None if there is no scheduled moment in that time.
        """
        for back in (min(_FIRST_SEARCH, within), within):
            last = None
            for local in self._moments_from(moment - back):
                scheduled = local.astimezone(UTC)
                if scheduled > moment:
                    break
                if scheduled >= moment - back:
                    last = scheduled
            if last is not None:
                return last
        return None

    def _moments_from(self, moment: datetime) -> CronSim:
        return CronSim(self.expression, (moment - _MARGIN).astimezone(self.zone))


def parse(expression: str, *, zone: tzinfo) -> CronSchedule:
    """Parses a crontab expression.

    Args:
        expression: five fields, or a nickname such as `@daily`.
        zone: the expression is local time in this zone.

    Raises:
        ValueError: the expression is not valid, or never matches; the message says why.
    """
    fields = NICKNAMES.get(expression.strip().lower(), expression).split()
    if expression.strip().startswith("@") and len(fields) == 1:
        raise ValueError(f"not a nickname for a time; use one of {', '.join(NICKNAMES)}")
    if len(fields) != 5:
        raise ValueError(
            f"{len(fields)} fields instead of five: minute, hour, day of the month, month,"
            " day of the week"
        )
    schedule = CronSchedule(expression=" ".join(fields), zone=zone)
    try:
        schedule.after(_TEST_START)
    except CronSimError as error:
        raise ValueError(f"not a crontab expression ({str(error).lower()})") from None
    except (StopIteration, RuntimeError):
        raise ValueError("it never matches: there is no such day in fifty years") from None
    return schedule
