"""Decides when the next digest of a subscription is due.

A day with a digest has a slot: from `send_at`, or the start of the day, to the end of the day. A
run within the slot makes the digest. A slot without any run is missed. The next run makes one
digest for all missed slots, dated with the day on which it is made. Every digest uses its local day
up, so that no day has two. docs/due-times.md explains all rules with examples.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from digest.core.models.profiles import Profile

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# How long after the end of a missed slot a catch-up digest is made; later, the next regular
# digest contains the papers.
MAX_CATCH_UP = timedelta(days=3)
# A `used_at` further in the future was written while the clock was wrong, and is ignored.
MAX_CLOCK_ERROR = timedelta(days=2)
# The longest time between two slots: a weekly digest whose day the time zone skipped once.
MAX_SLOT_GAP = timedelta(days=16)
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""As `next_due`: the first digest is due now, also before `send_at` and on other days."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_LAST_HOUR = timedelta(hours=1)


class SendSlot(Struct, frozen=True, kw_only=True):
    """The time in which the digest of one local day may be made."""

    date: date
    opens: datetime  # UTC
    closes: datetime  # UTC, the first moment after the slot


class DueState(Struct, frozen=True, kw_only=True):
    """The stored state of one subscription, after earlier runs."""

    next_due: datetime  # slots that ended before this moment need no digest any more
    used_at: datetime | None = None  # when its last local day was used up, with or without digest
    # Set after an empty run since `next_due`: the end of patience.
    waiting_until: datetime | None = None


class WaitReason(StrEnum):
    """Why no digest is due."""

    DAY_USED = "the day is used up"  # with a digest, or without one after the end of patience
    TOO_EARLY = "before send_at"
    OTHER_DAY = "not a day of the profile"


class DueDecision(Struct, frozen=True, kw_only=True):
    """The decision whether a digest is due at one moment."""

    used_day: date | None = None  # the day that is used up, if that is why it is not due
    date: date  # the reader's local date, which a digest made now gets
    due: bool
    reason: str  # why it is not due, for people; empty if it is due
    next_due: datetime  # start of the open slot, otherwise of the next one
    wait: WaitReason | None = None  # why it is not due; None if it is due
    catch_up: bool = False  # due because of a missed slot
    # The end of patience: an empty run after it uses the day up.
    patience_ends_at: datetime | None = None

    def deadline_passed(self, now: datetime) -> bool:
        """Returns True if a run without papers at this moment uses the day up."""
        return self.patience_ends_at is not None and now >= self.patience_ends_at


def local_date(profile: Profile, now: datetime) -> date:
    """Returns the date in the reader's time zone at an aware moment."""
    return now.astimezone(ZoneInfo(profile.timezone)).date()


def decide(profile: Profile, state: DueState, now: datetime) -> DueDecision:
    """Decides whether a digest is due now.

    Args:
        profile: its time zone, days, `send_at`, `patience` and `when_empty` are used.
        state: the result of the last `next_state`; for a new subscription
            `DueState(next_due=...)`.
        now: an aware moment.

    Returns:
        The decision, with the reason if no digest is due.
    """
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    used = _used_day(state, zone, now)
    # `>=`, because a reader may have moved to a time zone in which it is still the day before.
    if used is not None and used >= today:
        return DueDecision(
            date=today,
            due=False,
            # True with and without a digest: only the ledger knows whether the day has one.
            reason=f"{used:%-d %B %Y} is over for its digest",
            next_due=_next_slot(profile, used).opens,
            wait=WaitReason.DAY_USED,
            used_day=used,
        )
    slot = _slot(profile, today)
    if slot is not None and slot.opens <= now:
        return DueDecision(
            date=today,
            due=True,
            reason="",
            next_due=slot.opens,
            patience_ends_at=_patience_ends(profile, slot),
        )
    next_opens = _next_slot(profile, today - _DAY).opens
    if state.next_due == AT_ONCE:
        return DueDecision(date=today, due=True, reason="", next_due=next_opens, catch_up=True)
    missed = _missed_slot(profile, state, now)
    if missed is not None and now - missed.closes <= MAX_CATCH_UP:
        return DueDecision(date=today, due=True, reason="", next_due=next_opens, catch_up=True)
    reason = _reason_not_due(profile, now.astimezone(zone), has_slot=slot is not None)
    wait = WaitReason.OTHER_DAY if slot is None else WaitReason.TOO_EARLY
    return DueDecision(date=today, due=False, reason=reason, next_due=next_opens, wait=wait)


def next_state(
    profile: Profile, decision: DueDecision, state: DueState, *, made: bool, now: datetime
) -> DueState:
    """Returns the state to store after a run in which a digest was due.

    Args:
        profile: the profile that was given to `decide`.
        decision: the result of `decide`.
        state: the state that was given to `decide`.
        made: True if a digest was made.
        now: the moment of the run.
    """
    in_own_slot = decision.patience_ends_at is not None
    if in_own_slot and (made or decision.deadline_passed(now)):
        return DueState(next_due=_next_slot(profile, decision.date).opens, used_at=now)
    # A catch-up before the day's own slot does not use that slot up: if no run comes in it, it
    # counts as missed, and the next run makes a catch-up again.
    used_at = now if made else state.used_at
    return DueState(
        next_due=decision.next_due, used_at=used_at, waiting_until=decision.patience_ends_at
    )


def _used_day(state: DueState, zone: ZoneInfo, now: datetime) -> date | None:
    """Returns the last local day that is used up, or None."""
    if state.used_at is None or state.used_at > now + MAX_CLOCK_ERROR:
        return None
    return state.used_at.astimezone(zone).date()


def _missed_slot(profile: Profile, state: DueState, now: datetime) -> SendSlot | None:
    """Returns the latest slot that is over and in which no run looked for papers, or None."""
    zone = ZoneInfo(profile.timezone)
    first_day = state.next_due.astimezone(zone).date()
    # A run came in the slot of this day, and it was empty.
    if state.waiting_until is not None:
        first_day += _DAY
    today = now.astimezone(zone).date()
    for back in range(1, MAX_CATCH_UP.days + 3):
        day = today - back * _DAY
        if day < first_day:
            return None
        slot = _slot(profile, day)
        if slot is not None and state.next_due < slot.closes <= now:
            return slot
    return None


def _slots_after(profile: Profile, day: date) -> Iterator[SendSlot]:
    for ahead in range(1, MAX_SLOT_GAP.days + 1):
        slot = _slot(profile, day + ahead * _DAY)
        if slot is not None:
            yield slot


def _next_slot(profile: Profile, day: date) -> SendSlot:
    """Returns the first slot of a later day."""
    return next(_slots_after(profile, day))


def _slot(profile: Profile, day: date) -> SendSlot | None:
    """Returns the slot of a day; None if the profile or the time zone does not have the day."""
    if day.weekday() not in profile.days:
        return None
    zone = ZoneInfo(profile.timezone)
    begins, closes = _moment(zone, day, time.min), _moment(zone, day + _DAY, time.min)
    # The zone skipped this day when it crossed the date line.
    if begins >= closes:
        return None
    opens = begins
    if profile.send_at is not None:
        opens = _moment(zone, day, time.fromisoformat(profile.send_at))
    # The clock skips from before `send_at` into the next day.
    if opens >= closes:
        opens = max(begins, closes - _LAST_HOUR)
    return SendSlot(date=day, opens=opens, closes=closes)


def _moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    """Returns when the clocks first show a local time, or the end of the gap that skips it."""
    wanted = datetime.combine(day, at)
    first, second = (
        wanted.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(microsecond=0)
        for fold in (0, 1)
    )
    if first <= second:
        return first
    # The local time is in a gap. fold=0 uses the offset from before the gap, so it gives the later
    # of the two moments. Bisection finds the end of the gap between them.
    low, high = second, first
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < wanted:
            low = middle
        else:
            high = middle
    return high


def _patience_ends(profile: Profile, slot: SendSlot) -> datetime:
    """Returns until when an empty day stays open: at most until the middle of its slot."""
    if profile.send_at is None and profile.when_empty == "skip":
        # The first run of the day that has papers makes the digest.
        return slot.closes
    return slot.opens + min(profile.patience, (slot.closes - slot.opens) / 2)


def _reason_not_due(profile: Profile, local: datetime, *, has_slot: bool) -> str:
    if has_slot:
        hour = profile.send_at or "the day's beginning"
        return f"not before {hour} in {profile.timezone}; it is {local:%H:%M} there"
    day_names = ", ".join(DAY_NAMES[day][:3] for day in profile.days)
    return f"{DAY_NAMES[local.weekday()]} is not among its days ({day_names})"
