"""When a digest comes: the reader's days, and what a look at one of them does.

A day with a digest has a slot: from `send_at`, or its first moment, to its last. A look in it
makes the digest. A slot that nobody looked into is missed, and the next look makes one digest
for all that were, dated with the day on which it is made. Whatever is made uses that day up, so
that no local day has two; docs/due-times.md tells every rule with examples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.core.models.profiles import Profile

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MAX_CATCH_UP = timedelta(
    days=3
)  # after a missed day's end; then the next day with a digest takes over
MAX_CLOCK_ERROR = timedelta(
    days=2
)  # a day used up further ahead was used up by a clock that was wrong
MAX_SLOT_GAP = timedelta(days=16)  # from one slot to the next: a weekly one whose day did not exist
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_LAST_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSlot:
    """When the digest of one local day may be made."""

    date: date
    opens: datetime  # UTC
    closes: datetime  # UTC, the first moment after it


@dataclass(frozen=True, slots=True, kw_only=True)
class DueState:
    """What earlier looks left of one subscription."""

    next_due: datetime  # no slot that ended before this moment is owed any more
    used_at: datetime | None = None  # when its last local day was used up, by a digest or by none
    waiting_until: datetime | None = None  # looked at since `next_due`, and empty; patience ends


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDecision:
    """What a look at this moment is to do."""

    date: date  # the reader's, of any digest that is made
    due: bool
    reason: str  # why not, in words; empty when due
    next_due: datetime  # the next slot, if none is made now; while one is open, when it opened
    catch_up: bool = False  # for a slot that was missed
    gives_up_at: datetime | None = None  # from then on, an empty look uses the day up

    def out_of_patience(self, now: datetime) -> bool:
        """Whether an empty look is the day's last."""
        return self.gives_up_at is not None and now >= self.gives_up_at


def local_date(profile: Profile, now: datetime) -> date:
    """The reader's date at an aware moment."""
    return now.astimezone(ZoneInfo(profile.timezone)).date()


def decide(profile: Profile, known: DueState, now: datetime) -> DueDecision:
    """Whether a digest is due at `now`, and why not.

    Args:
        profile: gives the zone, the days, `send_at`, `patience` and `when_empty`.
        known: what `after` left, or a new `Known(next_due=...)`.
        now: an aware moment.
    """
    zone = ZoneInfo(profile.timezone)
    today = now.astimezone(zone).date()
    used = _used(known, zone, now)
    if used is not None and used >= today:
        reason = f"{used:%-d %B %Y} is done: nothing had come for it"
        return DueDecision(
            date=today, due=False, reason=reason, next_due=_following(profile, used).opens
        )
    slot = _slot(profile, today)
    if slot is not None and slot.opens <= now:
        return DueDecision(
            date=today,
            due=True,
            reason="",
            next_due=slot.opens,
            gives_up_at=_patience_ends(profile, slot),
        )
    coming = _following(profile, today - _DAY).opens
    late = _missed(profile, known, now)
    if late is not None and now - late.closes <= MAX_CATCH_UP:
        return DueDecision(date=today, due=True, reason="", next_due=coming, catch_up=True)
    reason = _not_yet(profile, now.astimezone(zone), has_slot=slot is not None)
    return DueDecision(date=today, due=False, reason=reason, next_due=coming)


def next_state(
    profile: Profile, called: DueDecision, known: DueState, *, made: bool, now: datetime
) -> DueState:
    """What is known after a look that was due.

    Args:
        profile: the one that was given to `call`.
        called: what `call` said.
        known: what it was told.
        made: the day has its digest.
        now: the moment of the look.
    """
    in_its_slot = called.gives_up_at is not None
    if in_its_slot and (made or called.out_of_patience(now)):
        return DueState(next_due=_following(profile, called.date).opens, used_at=now)
    # What comes before the day's own slot leaves that owed: if nobody looks into it either, the
    # next look is to make up for it, as that of the day before did.
    used_at = now if made else known.used_at
    return DueState(next_due=called.next_due, used_at=used_at, waiting_until=called.gives_up_at)


def _used(known: DueState, zone: ZoneInfo, now: datetime) -> date | None:
    """The last local day that may have nothing more."""
    if known.used_at is None or known.used_at > now + MAX_CLOCK_ERROR:
        return None
    return known.used_at.astimezone(zone).date()


def _missed(profile: Profile, known: DueState, now: datetime) -> SendSlot | None:
    """The latest slot that is owed, is over, and was not looked into."""
    zone = ZoneInfo(profile.timezone)
    owed_from = known.next_due.astimezone(zone).date()
    if known.waiting_until is not None:
        owed_from += _DAY
    today = now.astimezone(zone).date()
    for back in range(1, MAX_CATCH_UP.days + 3):
        day = today - back * _DAY
        if day < owed_from:
            return None
        slot = _slot(profile, day)
        if slot is not None and known.next_due < slot.closes <= now:
            return slot
    return None


def _slots(profile: Profile, beyond: date) -> Iterator[SendSlot]:
    for ahead in range(1, MAX_SLOT_GAP.days + 1):
        slot = _slot(profile, beyond + ahead * _DAY)
        if slot is not None:
            yield slot


def _following(profile: Profile, beyond: date) -> SendSlot:
    """The first slot of a later day."""
    return next(_slots(profile, beyond))


def _slot(profile: Profile, day: date) -> SendSlot | None:
    """The day's slot; None if it is not among the profile's days, or is no day in that zone."""
    if day.weekday() not in profile.days:
        return None
    zone = ZoneInfo(profile.timezone)
    begins, closes = _moment(zone, day, time.min), _moment(zone, day + _DAY, time.min)
    if begins >= closes:  # left out when the zone crossed the date line
        return None
    opens = begins
    if profile.send_at is not None:
        opens = _moment(zone, day, time.fromisoformat(profile.send_at))
    if opens >= closes:  # the clock skips from before `send_at` into the next day
        opens = max(begins, closes - _LAST_HOUR)
    return SendSlot(date=day, opens=opens, closes=closes)


def _moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    """When the clocks first show this local time, or, where they skip it, one after it."""
    wanted = datetime.combine(day, at)
    first, second = (
        wanted.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(microsecond=0)
        for fold in (0, 1)
    )
    if first <= second:
        return first
    # In a gap the two are read with the offsets of its two sides, the other way round.
    before, behind = second, first
    while behind - before > _SECOND:
        middle = (before + (behind - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < wanted:
            before = middle
        else:
            behind = middle
    return behind


def _patience_ends(profile: Profile, slot: SendSlot) -> datetime:
    """Until when an empty look leaves the day open: at the latest in the middle of its slot."""
    if profile.send_at is None and profile.when_empty == "skip":
        return slot.closes  # the first look of the day that has something
    return slot.opens + min(profile.patience, (slot.closes - slot.opens) / 2)


def _not_yet(profile: Profile, local: datetime, *, has_slot: bool) -> str:
    if has_slot:
        hour = profile.send_at or "the day's beginning"
        return f"not before {hour} in {profile.timezone}; it is {local:%H:%M} there"
    wanted = ", ".join(DAY_NAMES[day][:3] for day in profile.days)
    return f"{DAY_NAMES[local.weekday()]} is not among its days ({wanted})"
