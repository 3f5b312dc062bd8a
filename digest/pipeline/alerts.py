"""Finds problems after a run and mails them to the operator.

An alert is sent over the same transport as the digests, but it is not in the ledger. So a bounce
of it belongs to no edition and no subscriber, and suppresses nobody.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

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
from digest.pipeline.source_health import MonitoredSource, Severity, check_sources
from digest.printable import printable_line
from digest.store.database.store import Connection, Store
from digest.store.editions import recovery
from digest.store.reports import alert_log
from digest.store.reports.health import failing_source, health_figures
from digest.store.reports.worker_queue import worker_queue
from digest.store.signup import requests

_log = get_logger("digest.alert")

_TOLD_FOR = timedelta(days=1)  # after the site closed for an hour

SendAlert = Callable[[AlertMessage], Outcome]  # sends an alert; may raise DigestError


class RunContext(Struct, frozen=True, kw_only=True):
    """Facts about a run that are not in the database."""

    run_errors: Sequence[str] = ()  # errors that ended the run or a job, one line each
    profile_errors: Sequence[str] = ()  # profiles that cannot be read, one line each
    patience: timedelta = timedelta()  # how long to wait for the next run to solve these


class AlertResult(Struct, frozen=True, kw_only=True):
    """The current problems, and whether an alert about new ones was sent."""

    problems: tuple[Problem, ...]
    sent: bool = False
    send_error: str = ""  # why the alert could not be sent; the next run tries again


def check_and_notify(
    store: Store,
    sources: Sequence[MonitoredSource],
    run: RunContext,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool = False,
    post: SendAlert | None,
) -> AlertResult:
    """Finds problems, and mails new ones to the operator, at most once a day.

    Args:
        store: The database. It has the alert state, which all processes share.
        sources: The sources to check.
        run: Facts about the run that are not in the database.
        now: The current time.
        queue_limit: How long an edition may wait to be sent before this is a problem.
        hold: Editions in doubt wait for a decision of the operator.
        post: Sends the alert; None: send nothing and store nothing.
    """
    problems = current_problems(store, sources, run, now=now, queue_limit=queue_limit, hold=hold)
    for problem in problems:
        _log.info("problem found", about=problem.key, what=problem.what, since=problem.since)
    if post is None:
        return AlertResult(problems=problems)
    with store.write(durable=True) as tx:
        state = alerts.update(alert_log.read(tx), problems, now=now)
        message = alerts.message(state, now=now)
        # Marked as sent before it is sent: after a crash in between, one alert too few was sent.
        # The other order would send one too many, perhaps at every run.
        alert_log.write(tx, state if message is None else alerts.mark_sent(state, message, now=now))
    if message is None:
        return AlertResult(problems=problems)
    reason = _send(post, message)
    if not reason:
        _log.info("alert sent", about=[alert.key for alert in (*message.open, *message.over)])
        return AlertResult(problems=problems, sent=True)
    _log.warning("alert not sent", reason=reason)
    # Read again, because another process may have changed the state meanwhile.
    with store.write() as tx:
        alert_log.write(tx, alerts.mark_unsent(alert_log.read(tx), state, message))
    return AlertResult(problems=problems, send_error=reason)


def current_problems(
    store: Store,
    sources: Sequence[MonitoredSource],
    run: RunContext,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool = False,
) -> tuple[Problem, ...]:
    """Returns the problems of this moment, the most serious first; the arguments are as above."""
    status = _system_status(store, sources, run, now=now, queue_limit=queue_limit, hold=hold)
    return tuple(map(_redacted, find_problems(status)))


def _send(post: SendAlert, message: AlertMessage) -> str:
    """Sends an alert; returns why this failed, or an empty string."""
    try:
        outcome = post(message)
    except DigestError as error:
        return str(error)
    return "" if isinstance(outcome, Sent) else outcome.reason


def _system_status(
    store: Store,
    sources: Sequence[MonitoredSource],
    run: RunContext,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool,
) -> SystemStatus:
    states = check_sources(store, sources, now=now)
    with store.read() as tx:
        figures = health_figures(tx, now=now)
        # Nothing is wrong with a source that the operator stopped.
        failing = tuple(_failing(tx, [item.name for item in states if not item.stopped_at]))
        workers = worker_queue(tx)
        # With `resend`, an edition waits for the operator only after several attempts in doubt.
        held_count = recovery.count_held_editions(tx, tried=0 if hold else MAX_IN_DOUBT)
        closed_at = requests.closed_at(tx)
    pause = figures.pause
    return SystemStatus(
        now=now,
        silent=[
            SilentSource(name=item.name, warning=item.warning, fresh_at=item.state.fresh_at)
            for item in states
            # Sources that cannot be read are in `failing`, with more details.
            if item.severity is Severity.ALARM and not item.unreadable
        ],
        failing=failing,
        raised=run.run_errors,
        broken=run.profile_errors,
        paused=EndedEditions(number=pause.times, since=pause.since, reason=pause.reason)
        if pause
        else None,
        requeued=figures.requeued,
        waiting_since=figures.waiting_since,
        refused=figures.refused,
        expired=figures.expired,
        shards_wait_since=workers.oldest_waiting if workers else None,
        signup_closed_at=closed_at if closed_at and now - closed_at < _TOLD_FOR else None,
        held=held_count,
        subscriptions=figures.subscriptions,
        queue_limit=queue_limit,
        patience=run.patience,
    )


def _failing(tx: Connection, names: Sequence[str]) -> Sequence[FailingSource]:
    sources = (failing_source(tx, name) for name in names)
    return [source for source in sources if source is not None]


def _redacted(problem: Problem) -> Problem:
    """Returns the problem without addresses of readers, because it is stored and mailed."""
    return replace(problem, what=printable_line(redactor(problem.what, always=True)))
