"""alarm: after a run, how things stand; what deserves it is mailed to the operator.

The mail goes out by the way of the letters, but is in no ledger: a bounce of it names no
edition and no reader, and so suppresses nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.core import alerts
from digest.core.alerts import Message
from digest.core.models.delivery import Outcome, Sent
from digest.core.problems import Count, Facts, FailingSource, SilentSource, Trouble, troubles
from digest.core.schedule.retry import MOST_DOUBTS
from digest.errors import DigestError
from digest.logs import events, redactor
from digest.pipeline.source_health import Level, Watched, watch
from digest.store.database.store import Connection, Store
from digest.store.editions import recovery
from digest.store.reports import alert_log
from digest.store.reports.health import Ended, failing, vitals

_log = events("digest.alarm")

Post = Callable[[Message], Outcome]  # sends the operator's mail; may raise DigestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a run knows that the database does not."""

    raised: Sequence[str] = ()  # what ended it, or a job of it, a line each
    broken: Sequence[str] = ()  # profiles that cannot be read, a line each
    patience: timedelta = timedelta()  # in which the next run may mend these


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """How things stand, and what was told."""

    troubles: tuple[Trouble, ...]
    mailed: bool = False
    problem: str = ""  # why the mail could not go out; the next run tries again


def attend(
    store: Store,
    watched: Sequence[Watched],
    done: Round,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool = False,
    post: Post | None,
) -> Attended:
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
    found = tuple(map(_veiled, troubles(facts)))
    for trouble in found:
        _log.info("trouble", about=trouble.key, what=trouble.what, since=trouble.since)
    if post is None:
        return Attended(troubles=found)
    with store.write(durable=True) as tx:
        before = alerts.noticed(alert_log.read(tx), found, now=now)
        told = alerts.message(before, now=now)
        # Told before it is sent: who dies in between has sent one mail too few, not too many.
        alert_log.write(tx, before if told is None else alerts.mailed(before, told, now=now))
    if told is None:
        return Attended(troubles=found)
    problem = _post(post, told)
    if not problem:
        _log.info("operator told", about=[note.key for note in (*told.open, *told.over)])
        return Attended(troubles=found, mailed=True)
    _log.warning("operator not told", reason=problem)
    with store.write() as tx:
        alert_log.write(tx, alerts.unmailed(alert_log.read(tx), before, told))
    return Attended(troubles=found, problem=problem)


def _post(post: Post, told: Message) -> str:
    """Why the mail could not go out; empty if it is out."""
    try:
        outcome = post(told)
    except DigestError as error:
        return str(error)
    return "" if isinstance(outcome, Sent) else outcome.reason


def _facts(
    store: Store,
    watched: Sequence[Watched],
    done: Round,
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool,
) -> Facts:
    states = watch(store, watched, now=now)
    with store.read() as tx:
        figures = vitals(tx, now=now)
        broken_sources = tuple(_failing(tx, [source.name for source in watched]))
        held = recovery.held_count(tx, tried=0 if hold else MOST_DOUBTS)
    pause = figures.pause
    return Facts(
        now=now,
        silent=[
            SilentSource(name=item.name, warning=item.warning, fresh_at=item.poll.fresh_at)
            for item in states
            if item.level is Level.ALARM and not item.unreadable  # of that, `failing` knows more
        ],
        failing=broken_sources,
        raised=done.raised,
        broken=done.broken,
        paused=Count(number=pause.times, since=pause.since, reason=pause.reason) if pause else None,
        put_back=_count(figures.put_back),
        waiting_since=figures.waiting_since,
        refused=_count(figures.refused),
        expired=_count(figures.expired),
        held=held,
        subscriptions=figures.subscriptions,
        queue_limit=queue_limit,
        patience=done.patience,
    )


def _failing(tx: Connection, names: Sequence[str]) -> Sequence[FailingSource]:
    found = (failing(tx, name) for name in names)
    return [
        FailingSource(
            name=item.name, first=item.first, last=item.last, times=item.times, reason=item.reason
        )
        for item in found
        if item is not None
    ]


def _count(ended: Ended | None) -> Count | None:
    if ended is None:
        return None
    return Count(number=ended.number, since=ended.first, reason=ended.reason)


def _veiled(trouble: Trouble) -> Trouble:
    """Without readers' addresses: it is kept, and mailed."""
    what = " ".join(redactor(trouble.what, always=True).split())
    return replace(trouble, what="".join(char if char.isprintable() else "?" for char in what))
