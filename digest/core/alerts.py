"""When the operator gets a mail, and what of: at most one a day, whoever asks.

The diary of what was noticed and told is kept in the database, so that runs by cron and
several schedulers agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.core.problems import Problem

MIN_INTERVAL = timedelta(hours=23)  # so that tomorrow's run is not a few seconds too early
REMIND_AFTER = timedelta(days=7)  # what goes on is told again after so long
FORGET_AFTER = timedelta(days=7)  # what is over, so that it is not news when it comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A trouble, from when it was noticed until it is forgotten."""

    key: str
    what: str
    remedy: str
    command: str
    since: datetime
    deserved: bool = False  # it did not mend itself in time
    told_at: datetime | None = None  # when a mail last told of it
    over_at: datetime | None = None  # when it was first gone
    over_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What was noticed, and when the last mail went out."""

    mailed_at: datetime | None = None
    notes: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """What a mail tells."""

    open: tuple[Alert, ...]
    over: tuple[Alert, ...]  # what is well again, or was wrong and could not be told


def update(diary: AlertState, found: Iterable[Problem], *, now: datetime) -> AlertState:
    """The diary after a look at how things stand."""
    known = {note.key: note for note in diary.notes}
    notes: list[Alert] = []
    for trouble in found:
        before = known.pop(trouble.key, None)
        since = min(trouble.since or (before.since if before else now), now)
        if before is not None:
            since = min(since, before.since)
        notes.append(
            Alert(
                key=trouble.key,
                what=trouble.what,
                remedy=trouble.remedy,
                command=trouble.command,
                since=since,
                deserved=bool(before and before.deserved) or now - since >= trouble.patience,
                # What was told as over, and is not, is news again.
                told_at=before.told_at if before and not before.over_told else None,
            )
        )
    notes += (
        replace(note, over_at=note.over_at or now)
        for note in known.values()
        if note.deserved and not _is_forgotten(note, now)
    )
    return replace(diary, notes=tuple(notes))


def message(diary: AlertState, *, now: datetime) -> AlertMessage | None:
    """What to mail now; None if there is nothing new, or today's mail has gone out."""
    if diary.mailed_at is not None and not _is_another_day(diary.mailed_at, now):
        return None
    if not any(_is_news(note, now) for note in diary.notes):
        return None
    open_ = tuple(note for note in diary.notes if note.deserved and note.over_at is None)
    over = tuple(note for note in diary.notes if note.over_at is not None and not note.over_told)
    return AlertMessage(open=open_, over=over)


def mark_sent(diary: AlertState, told: AlertMessage, *, now: datetime) -> AlertState:
    """The diary when the mail is out."""
    keys = {note.key for note in (*told.open, *told.over)}
    notes = (
        replace(note, told_at=now, over_told=note.over_at is not None) if note.key in keys else note
        for note in diary.notes
    )
    return AlertState(mailed_at=now, notes=tuple(notes))


def mark_unsent(diary: AlertState, before: AlertState, told: AlertMessage) -> AlertState:
    """The diary when the mail could not go out after all: all of it is to be told again.

    Args:
        diary: as it is now; somebody may have noticed more meanwhile.
        before: as it was before `mailed`.
        told: what the mail would have told.
    """
    untold = {note.key: note for note in before.notes}
    keys = {note.key for note in (*told.open, *told.over)}
    notes = (
        replace(note, told_at=untold[note.key].told_at, over_told=untold[note.key].over_told)
        if note.key in keys and note.key in untold
        else note
        for note in diary.notes
    )
    return AlertState(mailed_at=before.mailed_at, notes=tuple(notes))


def _is_news(note: Alert, now: datetime) -> bool:
    if not note.deserved:
        return False
    if note.told_at is None:
        return True  # over or not: somebody should know that it was
    return note.over_at is None and now - note.told_at >= REMIND_AFTER


def _is_forgotten(note: Alert, now: datetime) -> bool:
    return note.over_at is not None and now - note.over_at >= FORGET_AFTER


def _is_another_day(last: datetime, now: datetime) -> bool:
    """Not within a day of 24 hours, nor on one date; a clock that was set back counts as one."""
    return now < last - MIN_INTERVAL or (now - last >= MIN_INTERVAL and now.date() != last.date())
