"""Finds sources that brought nothing new, or could not be read, for too long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.batch_verdict import missed_days
from digest.store.admin import source_stops
from digest.store.database.store import Store
from digest.store.papers.source_state import SourceState, load

ALLOWED_MISSED_DAYS = 1  # one missed day may be a holiday that the calendar does not have
# Failures for a shorter time may be a short outage of the server.
FAILING_AFTER = timedelta(hours=3)


class Severity(StrEnum):
    """How serious the state of a source is."""

    FINE = "fine"
    WARNING = "warning"  # shown in the status, but no reason for an alert
    ALARM = "alarm"  # the operator should get an alert


class MonitoredSource(Struct, frozen=True, kw_only=True):
    """A source, and how long it may bring nothing new."""

    name: str
    calendar: AnnouncementCalendar
    quiet_days: int | None = None  # allowed days without new papers; None: use the calendar


class SourceHealth(Struct, frozen=True, kw_only=True):
    """The health of a source."""

    name: str
    state: SourceState
    severity: Severity = Severity.FINE
    warning: str = ""  # what is wrong; empty if nothing is
    unreadable: bool = False  # the problem is failed fetches, not a lack of new papers
    stopped_at: datetime | None = None  # when the operator stopped it; None: it is read


def check_sources(
    store: Store, sources: Iterable[MonitoredSource], *, now: datetime
) -> tuple[SourceHealth, ...]:
    """Returns the current health of the sources, in the given order."""
    with store.read() as tx:
        states = [(source, load(tx, source.name)) for source in sources]
        stopped = source_stops.stopped(tx)
    return tuple(
        SourceHealth(name=source.name, state=state, stopped_at=stopped[source.name])
        if source.name in stopped
        else source_health(source, state, now=now)
        for source, state in states
    )


def source_health(source: MonitoredSource, state: SourceState, *, now: datetime) -> SourceHealth:
    """Returns the health of a source, based on the stored results of its fetches.

    For a source that never brought anything, the time counts from its first fetch.
    """
    level, warning = _failing(source, state, now)
    # A source that cannot be read brings nothing new either; one warning is enough.
    unreadable = level is not Severity.FINE
    if not unreadable:
        level, warning = _silent(source, state, now)
    return SourceHealth(
        name=source.name, state=state, severity=level, warning=warning, unreadable=unreadable
    )


def _failing(source: MonitoredSource, state: SourceState, now: datetime) -> tuple[Severity, str]:
    """Returns an alarm if the source could not be read for a long time."""
    since = state.failing_since
    if since is None or now - since < FAILING_AFTER:
        return Severity.FINE, ""
    return Severity.ALARM, (
        f"source {source.name}: cannot be read since {since:%-d %B %Y %H:%M} UTC, for"
        f" {state.failures} fetches: {state.problem}"
    )


def _silent(source: MonitoredSource, state: SourceState, now: datetime) -> tuple[Severity, str]:
    """Returns a warning or an alarm if the source brought nothing new for a long time."""
    latest = state.fresh_at or state.first_at
    if latest is None:
        return Severity.FINE, ""
    since = f"source {source.name}: nothing new since {latest:%-d %B %Y}"
    if source.quiet_days is not None:
        silent_days = (now - latest).days
        if silent_days <= source.quiet_days:
            return Severity.FINE, ""
        return Severity.ALARM, f"{since}, {silent_days} days ago"
    fresh_on = source.calendar.today(latest)
    if missed := missed_days(source.calendar, fresh_on, allowed=ALLOWED_MISSED_DAYS, now=now):
        return Severity.ALARM, f"{since}, though {missed} days since should have brought something"
    if missed_days(source.calendar, fresh_on, allowed=0, now=now):
        return Severity.WARNING, f"{since}, though a day since should have brought something"
    return Severity.FINE, ""
