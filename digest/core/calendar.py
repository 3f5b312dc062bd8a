"""Local days: when a subscription may have its digest.

One edition a local day. What is due is decided from the reader's zone and the moment
that is passed in; the ledger's unique key on (subscription, local date) keeps the
promise even where two processes ask at once.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from digest.core.model import Profile

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDay:
    """The reader's day at one moment, and whether a digest may go out on it yet."""

    date: date
    due: bool
    reason: str  # why not, in words; empty when due


def local_day(profile: Profile, now: datetime) -> LocalDay:
    """The reader's local day at `now`.

    A digest is due from `send_at` on, on the profile's days; without `send_at`, all day.

    Args:
        profile: gives the zone, the days and `send_at`.
        now: an aware moment.
    """
    local = now.astimezone(ZoneInfo(profile.timezone))
    if local.weekday() not in profile.days:
        wanted = ", ".join(DAY_NAMES[day][:3] for day in profile.days)
        reason = f"{DAY_NAMES[local.weekday()]} is not among its days ({wanted})"
    elif profile.send_at is not None and local.time() < time.fromisoformat(profile.send_at):
        reason = f"not before {profile.send_at} in {profile.timezone}; it is {local:%H:%M} there"
    else:
        reason = ""
    return LocalDay(date=local.date(), due=not reason, reason=reason)
