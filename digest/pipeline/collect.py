"""collect: every source's new batches, diffed against what was seen, into the store."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from digest.core.identity.diff import diff
from digest.core.models.batches import BatchReport, Rejection, SourceRead, Verdict
from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.batch_verdict import classify_batch
from digest.core.schedule.polling import EVERY_TICK, PollResult, PollSchedule, next_poll
from digest.errors import DigestError
from digest.logs import get_logger
from digest.store.database.store import Store
from digest.store.papers import batches as batch_store
from digest.store.papers import muted_sources, source_state
from digest.store.papers.lookup import known
from digest.store.papers.source_state import load

_log = get_logger("digest.collect")


class Source(Protocol):
    """Somewhere that papers come from."""

    @property
    def name(self) -> str:
        """Its name in sources.toml."""

    @property
    def announcing(self) -> AnnouncementCalendar:
        """The days on which it should have something."""

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """What it has now that it had not at `cursor`; a look for each batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedSource:
    """A source with a timetable, which counts where only those that are due are looked at."""

    source: Source
    timetable: PollSchedule
    jitter: Callable[[], float]  # from 0 to 1

    @property
    def name(self) -> str:
        """Its name in sources.toml."""
        return self.source.name

    @property
    def announcing(self) -> AnnouncementCalendar:
        """The days on which it should have something."""
        return self.source.announcing

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """What it has now that it had not at `cursor`."""
        return self.source.look(cursor, now=now)


class Progress(Protocol):
    """Hears of each look, for whoever watches."""

    def __call__(self, *, source: str, looks: int, papers: int) -> None:
        """`source` has given so many looks and papers so far; 0 and 0 when it begins."""


def collect(
    store: Store,
    sources: Iterable[Source],
    *,
    now: datetime,
    progress: Progress | None = None,
    due_only: bool = False,
) -> tuple[BatchReport, ...]:
    """Reads what the sources have, and records each batch in a transaction of its own.

    A batch, its papers, its announcements and the source's cursor are written together,
    so that whatever interrupts this, the next call goes on where the last batch ended.
    A source that fails is reported and does not stop the others. After a restored backup, what
    a source has is noted without being announced (`digest.store.quiet`).

    Args:
        store: knows what was seen.
        sources: where to look, in this order.
        now: the moment of the looks.
        progress: is told of each look.
        due_only: leave those alone whose timetable has no look yet; a scheduler's tick.
    """
    reports: list[BatchReport] = []
    resting: frozenset[str] = frozenset()
    if due_only:
        with store.read() as tx:
            resting = source_state.not_due(tx, now)
    for source in sources:
        if source.name in resting:
            continue
        told = partial(progress, source=source.name) if progress else _nobody
        told(looks=0, papers=0)
        mine: list[BatchReport] = []
        for report in _collect_from(store, source, now=now):
            mine.append(report)
            told(looks=len(mine), papers=sum(item.papers for item in mine))
        reports += mine
        _plan(store, source, mine, now=now)
    return tuple(reports)


def _plan(store: Store, source: Source, reports: list[BatchReport], *, now: datetime) -> None:
    """Keeps whether the look succeeded, and when the next one is due."""
    timed = source if isinstance(source, TimedSource) else None
    timetable = timed.timetable if timed else EVERY_TICK
    failing = bool(reports) and reports[-1].verdict is Verdict.FAILED
    with store.read() as tx:
        if timetable == EVERY_TICK and not failing and not source_state.is_failing(tx, source.name):
            return
        state = load(tx, source.name)
    failures = state.failures + 1 if failing else 0
    since = (state.failing_since or now) if failing else None
    again = next_poll(
        timetable,
        source.announcing,
        PollResult(announced=state.announced, failures=failures),
        now=now,
        jitter=timed.jitter() if timed else 0.0,
    )
    with store.write() as tx:
        source_state.save(
            tx,
            source.name,
            now=now,
            next_poll_at=again,
            failures=failures,
            failing_since=since,
        )


def _nobody(*, looks: int, papers: int) -> None:
    """Progress that nobody watches."""
    del looks, papers


def _collect_from(store: Store, source: Source, *, now: datetime) -> Iterator[BatchReport]:
    with store.read() as tx:
        cursor = batch_store.cursor(tx, source.name)
        silent = source.name in muted_sources.muted_sources(tx)  # after a restored backup
    looks = source.look(cursor, now=now)
    failed = False
    while True:
        try:
            look = next(looks, None)
        except DigestError:
            raise  # a wrong file name or setting: the person who called can mend it
        except Exception as error:  # noqa: BLE001 - a plug-in's bug must not stop the others
            _log.exception("source failed", source=source.name)
            look = _failed(source.name, error, cursor)
            yield _record(store, source, look, now=now)
            return
        if look is None:
            break
        failed = failed or look.batch is None
        yield _record(store, source, look, now=now, silent=silent)
    if silent and not failed:
        with store.write() as tx:
            muted_sources.unmute(tx, source.name)


def _failed(name: str, error: Exception, cursor: Mapping[str, Any] | None) -> SourceRead:
    reason = f"{type(error).__name__}: {error} (a bug in this source; the log has the details)"
    return SourceRead(
        origin=name, batch=None, problem=Rejection(reason=reason), cursor=cursor or {}
    )


def _record(
    store: Store, source: Source, look: SourceRead, *, now: datetime, silent: bool = False
) -> BatchReport:
    batch, name = look.batch, source.name
    with store.write() as tx:
        if batch is None:
            problem = () if look.problem is None else (look.problem,)
            report = batch_store.record_failure(
                tx, source=name, origin=look.origin, rejected=problem, now=now
            )
        else:
            found = diff(batch.papers, known(tx, batch.papers, now=now), source=name)
            said = classify_batch(
                batch,
                found,
                announcing=source.announcing,
                last_announced=load(tx, name).announced,
                now=now,
            )
            if silent:
                known_by_now = tuple(replace(item, kind=None) for item in found.findings)
                found = replace(found, findings=known_by_now)
            report = batch_store.record_batch(tx, batch=batch, diff=found, verdict=said, now=now)
        batch_store.keep_cursor(tx, name, look.cursor, now)
    _log.info(
        "batch",
        source=name,
        origin=report.origin,
        announced=report.announced,
        verdict=report.verdict,
        papers=report.papers,
        new=report.new,
        rejected=len(report.rejected),
    )
    return report
