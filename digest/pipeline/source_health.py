"""watch: which sources have been silent, or could not be read, for longer than they should."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.batch_verdict import missed_days
from digest.store.database.store import Store
from digest.store.papers.source_state import SourceState, load

HOLIDAY = 1  # missed days that may be a holiday that nobody wrote down
FAILING = timedelta(hours=3)  # of looks that cannot be read; before, it may be a server's nap


class Severity(StrEnum):
    """How much a source's state matters."""

    FINE = "fine"
    WARNING = "warning"  # worth knowing; nobody has to be called
    ALARM = "alarm"  # the operator should hear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredSource:
    """A source, and how long it may be silent."""

    name: str
    announcing: AnnouncementCalendar
    quiet_days: int | None = None  # days without anything new; None: by the days it announces on


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source stands."""

    name: str
    poll: SourceState
    level: Severity = Severity.FINE
    warning: str = ""  # in words; empty: all is well
    unreadable: bool = False  # it is about looks that failed, not about silence


def watch(
    store: Store, sources: Iterable[MonitoredSource], *, now: datetime
) -> tuple[SourceHealth, ...]:
    """How the sources stand at this moment, in their order."""
    with store.read() as tx:
        polls = [(source, load(tx, source.name)) for source in sources]
    return tuple(source_health(source, state, now=now) for source, state in polls)


def source_health(source: MonitoredSource, state: SourceState, *, now: datetime) -> SourceHealth:
    """How a source stands, judged by what its looks left.

    A source that never brought anything is measured from its first look on.
    """
    level, warning = _failing(source, state, now)
    unreadable = level is not Severity.FINE
    if not unreadable:
        level, warning = _silent(source, state, now)
    return SourceHealth(
        name=source.name, poll=state, level=level, warning=warning, unreadable=unreadable
    )


def _failing(source: MonitoredSource, state: SourceState, now: datetime) -> tuple[Severity, str]:
    since = state.failing_since
    if since is None or now - since < FAILING:
        return Severity.FINE, ""
    return Severity.ALARM, (
        f"source {source.name}: cannot be read since {since:%-d %B %Y %H:%M} UTC, for"
        f" {state.failures} looks: {state.problem}"
    )


def _silent(source: MonitoredSource, state: SourceState, now: datetime) -> tuple[Severity, str]:
    latest = state.fresh_at or state.first_at
    if latest is None:
        return Severity.FINE, ""
    since = f"source {source.name}: nothing new since {latest:%-d %B %Y}"
    if source.quiet_days is not None:
        quiet = (now - latest).days
        told = (Severity.ALARM, f"{since}, {quiet} days ago")
        return told if quiet > source.quiet_days else (Severity.FINE, "")
    fresh_on = source.announcing.today(latest)
    if missed := missed_days(source.announcing, fresh_on, allowed=HOLIDAY, now=now):
        return Severity.ALARM, f"{since}, though {missed} days since should have brought something"
    if missed_days(source.announcing, fresh_on, allowed=0, now=now):
        return Severity.WARNING, f"{since}, though a day since should have brought something"
    return Severity.FINE, ""
