"""watch: which sources have been silent, or could not be read, for longer than they should."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.core.schedule.announcement_days import Announcing
from digest.core.schedule.batch_verdict import silence
from digest.store.database.store import Store
from digest.store.papers.source_state import Poll, poll

HOLIDAY = 1  # missed days that may be a holiday that nobody wrote down
FAILING = timedelta(hours=3)  # of looks that cannot be read; before, it may be a server's nap


class Level(StrEnum):
    """How much a source's state matters."""

    FINE = "fine"
    WARNING = "warning"  # worth knowing; nobody has to be called
    ALARM = "alarm"  # the operator should hear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source, and how long it may be silent."""

    name: str
    announcing: Announcing
    quiet_days: int | None = None  # days without anything new; None: by the days it announces on


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source stands."""

    name: str
    poll: Poll
    level: Level = Level.FINE
    warning: str = ""  # in words; empty: all is well
    unreadable: bool = False  # it is about looks that failed, not about silence


def watch(store: Store, sources: Iterable[Watched], *, now: datetime) -> tuple[SourceState, ...]:
    """How the sources stand at this moment, in their order."""
    with store.read() as tx:
        polls = [(source, poll(tx, source.name)) for source in sources]
    return tuple(stands(source, state, now=now) for source, state in polls)


def alarms(states: Iterable[SourceState]) -> tuple[str, ...]:
    """What an operator should be told, a sentence for each source."""
    return tuple(state.warning for state in states if state.level is Level.ALARM)


def stands(source: Watched, state: Poll, *, now: datetime) -> SourceState:
    """How a source stands, judged by what its looks left.

    A source that never brought anything is measured from its first look on.
    """
    level, warning = _failing(source, state, now)
    unreadable = level is not Level.FINE
    if not unreadable:
        level, warning = _silent(source, state, now)
    return SourceState(
        name=source.name, poll=state, level=level, warning=warning, unreadable=unreadable
    )


def _failing(source: Watched, state: Poll, now: datetime) -> tuple[Level, str]:
    since = state.failing_since
    if since is None or now - since < FAILING:
        return Level.FINE, ""
    return Level.ALARM, (
        f"source {source.name}: cannot be read since {since:%-d %B %Y %H:%M} UTC, for"
        f" {state.failures} looks: {state.problem}"
    )


def _silent(source: Watched, state: Poll, now: datetime) -> tuple[Level, str]:
    latest = state.fresh_at or state.first_at
    if latest is None:
        return Level.FINE, ""
    since = f"source {source.name}: nothing new since {latest:%-d %B %Y}"
    if source.quiet_days is not None:
        quiet = (now - latest).days
        told = (Level.ALARM, f"{since}, {quiet} days ago")
        return told if quiet > source.quiet_days else (Level.FINE, "")
    fresh_on = source.announcing.today(latest)
    if missed := silence(source.announcing, fresh_on, allowed=HOLIDAY, now=now):
        return Level.ALARM, f"{since}, though {missed} days since should have brought something"
    if silence(source.announcing, fresh_on, allowed=0, now=now):
        return Level.WARNING, f"{since}, though a day since should have brought something"
    return Level.FINE, ""
