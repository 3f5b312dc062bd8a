"""alarm: after a run, how things stand; what deserves it is mailed to the operator.

The mail goes out by the way of the letters, but is in no ledger: a bounce of it names no
edition and no reader, and so suppresses nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.core import alerts
from digest.core.alerts import AlertMessage
from digest.core.models.delivery import Outcome, Sent
from digest.core.problems import (
    EndedEditions,
    FailingSource,
    Problem,
    SilentSource,
    SystemStatus,
    find_problems,
)
from digest.core.schedule.retry import MAX_IN_DOUBT
from digest.errors import DigestError
from digest.logs import get_logger, redactor
from digest.pipeline.source_health import MonitoredSource, Severity, watch
from digest.printable import printable_line
from digest.store.database.store import Connection, Store
from digest.store.editions import recovery
from digest.store.reports import alert_log
from digest.store.reports.health import failing_sources, health_figures

_log = get_logger("digest.alarm")

SendAlert = Callable[[AlertMessage], Outcome]  # sends the operator's mail; may raise DigestError


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a run knows that the database does not."""

    raised: Sequence[str] = ()  # what ended it, or a job of it, a line each
    broken: Sequence[str] = ()  # profiles that cannot be read, a line each
    patience: timedelta = timedelta()  # in which the next run may mend these


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResult:
    """How things stand, and what was told."""

    troubles: tuple[Problem, ...]
    mailed: bool = False
    problem: str = ""  # why the mail could not go out; the next run tries again


def check_and_notify(
    store: Store,
    watched: Sequence[MonitoredSource],
    done: RunContext,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool = False,
    post: SendAlert | None,
) -> AlertResult:
    """Notes what is wrong, and mails what deserves it, at most once a day.

    Args:
        store: keeps the diary, so that all processes over it agree.
        watched: the sources.
        done: what only the run knows.
        now: the moment.
        queue_limit: how long an edition may wait to be sent.
        hold: what is in doubt waits for a person.
        post: sends the mail; None: nobody is told.
    """
    facts = _facts(store, watched, done, now=now, queue_limit=queue_limit, hold=hold)
    found = tuple(map(_veiled, find_problems(facts)))
    for trouble in found:
        _log.info("trouble", about=trouble.key, what=trouble.what, since=trouble.since)
    if post is None:
        return AlertResult(troubles=found)
    with store.write(durable=True) as tx:
        before = alerts.update(alert_log.read(tx), found, now=now)
        told = alerts.message(before, now=now)
        # Told before it is sent: who dies in between has sent one mail too few, not too many.
        alert_log.write(tx, before if told is None else alerts.mark_sent(before, told, now=now))
    if told is None:
        return AlertResult(troubles=found)
    problem = _post(post, told)
    if not problem:
        _log.info("operator told", about=[note.key for note in (*told.open, *told.over)])
        return AlertResult(troubles=found, mailed=True)
    _log.warning("operator not told", reason=problem)
    with store.write() as tx:
        alert_log.write(tx, alerts.mark_unsent(alert_log.read(tx), before, told))
    return AlertResult(troubles=found, problem=problem)


def _post(post: SendAlert, told: AlertMessage) -> str:
    """Why the mail could not go out; empty if it is out."""
    try:
        outcome = post(told)
    except DigestError as error:
        return str(error)
    return "" if isinstance(outcome, Sent) else outcome.reason


def _facts(
    store: Store,
    watched: Sequence[MonitoredSource],
    done: RunContext,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool,
) -> SystemStatus:
    states = watch(store, watched, now=now)
    with store.read() as tx:
        figures = health_figures(tx, now=now)
        broken_sources = tuple(_failing(tx, [source.name for source in watched]))
        held = recovery.held_count(tx, tried=0 if hold else MAX_IN_DOUBT)
    pause = figures.pause
    return SystemStatus(
        now=now,
        silent=[
            SilentSource(name=item.name, warning=item.warning, fresh_at=item.poll.fresh_at)
            for item in states
            if item.level is Severity.ALARM and not item.unreadable  # of that, `failing` knows more
        ],
        failing=broken_sources,
        raised=done.raised,
        broken=done.broken,
        paused=EndedEditions(number=pause.times, since=pause.since, reason=pause.reason)
        if pause
        else None,
        put_back=figures.put_back,
        waiting_since=figures.waiting_since,
        refused=figures.refused,
        expired=figures.expired,
        held=held,
        subscriptions=figures.subscriptions,
        queue_limit=queue_limit,
        patience=done.patience,
    )


def _failing(tx: Connection, names: Sequence[str]) -> Sequence[FailingSource]:
    found = (failing_sources(tx, name) for name in names)
    return [item for item in found if item is not None]


def _veiled(trouble: Problem) -> Problem:
    """Without readers' addresses: it is kept, and mailed."""
    return replace(trouble, what=printable_line(redactor(trouble.what, always=True)))
