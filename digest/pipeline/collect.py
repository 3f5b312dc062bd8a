"""Stage "collect": fetches new batches from the sources and stores what is new in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.batches import BatchReport, Rejection, SourceRead, Verdict
from digest.core.models.trust import FULL_TRUST, SourceTrust
from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.core.schedule.polling import EVERY_TICK, PollResult, PollSchedule, next_poll
from digest.errors import DigestError
from digest.logs import get_logger
from digest.store.admin import source_stops
from digest.store.database.store import Store
from digest.store.papers import muted_sources, source_state
from digest.store.papers.source_state import load

_log = get_logger("digest.collect")


class Source(Protocol):
    """A place from which papers are fetched."""

    @property
    def name(self) -> str:
        """Its name in sources.toml."""

    @property
    def calendar(self) -> AnnouncementCalendar:
        """The days on which it is expected to have new papers."""

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Fetches what is new since `cursor`, and yields one result for each batch.

        Args:
            cursor: The cursor of the last result that was stored; None at the first fetch.
            now: The current time.
        """


class TimedSource(Struct, frozen=True, kw_only=True):
    """A source with a schedule, which decides when the scheduler fetches it."""

    source: Source
    schedule: PollSchedule
    jitter: Callable[[], float]  # returns a random number from 0 to 1
    trust: SourceTrust = FULL_TRUST  # what it may change in papers that other sources show too
    max_age_days: int | None = None  # papers that are older when first seen are not announced

    @property
    def name(self) -> str:
        """Its name in sources.toml."""
        return self.source.name

    @property
    def calendar(self) -> AnnouncementCalendar:
        """The days on which it is expected to have new papers."""
        return self.source.calendar

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Fetches what is new since `cursor`; see `Source`."""
        return self.source.fetch(cursor, now=now)


class ProgressCallback(Protocol):
    """Is called after each batch, to show the progress."""

    def __call__(self, *, source: str, batches: int, papers: int) -> None:
        """Reports the progress of one source.

        Args:
            source: The name of the source.
            batches: The number of batches so far; 0 at the beginning.
            papers: The number of papers so far.
        """


def collect(
    store: Store,
    sources: Iterable[Source],
    *,
    now: datetime,
    progress: ProgressCallback | None = None,
    due_only: bool = False,
    obey_stops: bool = True,
) -> tuple[BatchReport, ...]:
    """Fetches from the sources, and stores each batch in its own transaction.

    A batch, its papers, its announcements and the cursor of the source are written together.
    So after any interruption, the next call continues after the last stored batch. A source that
    fails is reported and does not stop the others. The papers of a muted source, for example
    after a backup was restored, are stored but not announced
    (`digest.store.papers.muted_sources`).

    Args:
        store: The database.
        sources: The sources, in the order in which they are fetched.
        now: The current time.
        progress: Is called after each batch.
        due_only: Skip sources that are not due by their schedule. The scheduler sets this.
        obey_stops: Skip sources that the operator stopped.

    Returns:
        A report for each batch.
    """
    reports: list[BatchReport] = []
    with store.read() as tx:
        # Once for all sources. One that becomes due during this run waits for the next one.
        not_due = source_state.not_due(tx, now) if due_only else frozenset()
        stopped = source_stops.stopped(tx) if obey_stops else {}
    for source in sources:
        if source.name in not_due:
            continue
        if source.name in stopped:
            _log.info("source is stopped", source=source.name, since=stopped[source.name])
            continue
        notify = partial(progress, source=source.name) if progress else _no_progress
        notify(batches=0, papers=0)
        source_reports: list[BatchReport] = []
        for report in _collect_from(store, source, now=now):
            source_reports.append(report)
            notify(batches=len(source_reports), papers=sum(item.papers for item in source_reports))
        reports += source_reports
        _schedule_next(store, source, source_reports, now=now)
    return tuple(reports)


def _schedule_next(
    store: Store, source: Source, reports: list[BatchReport], *, now: datetime
) -> None:
    """Stores whether the fetch succeeded, and when the next one is due."""
    timed = source if isinstance(source, TimedSource) else None
    schedule = timed.schedule if timed else EVERY_TICK
    # The last result: a source may fail in between and still give the rest of its batches.
    failing = bool(reports) and reports[-1].verdict is Verdict.FAILED
    with store.read() as tx:
        # The usual case needs no write: a source without a schedule, before and now without errors.
        if schedule == EVERY_TICK and not failing and not source_state.is_failing(tx, source.name):
            return
        state = load(tx, source.name)
    failures = state.failures + 1 if failing else 0
    # The first failure in a row, because alerts depend on how long it lasts.
    failing_since = (state.failing_since or now) if failing else None
    next_poll_at = next_poll(
        schedule,
        source.calendar,
        PollResult(announced=state.announced, failures=failures),
        now=now,
        jitter=timed.jitter() if timed else 0.0,
    )
    with store.write() as tx:
        source_state.save(
            tx,
            source.name,
            now=now,
            next_poll_at=next_poll_at,
            failures=failures,
            failing_since=failing_since,
        )


def _no_progress(*, batches: int, papers: int) -> None:
    """Ignores the progress."""
    del batches, papers


def _collect_from(store: Store, source: Source, *, now: datetime) -> Iterator[BatchReport]:
    """Fetches one source, stores each batch, and yields the reports."""
    with store.read() as tx:
        cursor = source_state.load_cursor(tx, source.name)
        muted = source.name in muted_sources.muted_sources(tx)
    results = source.fetch(cursor, now=now)
    failed = False
    # No `for` loop: only the errors of the source are caught, not those of storing its batches.
    while True:
        try:
            result = next(results, None)
        except DigestError:
            # A wrong file name or setting, which the user can correct.
            raise
        except Exception as error:  # noqa: BLE001 - a plug-in's bug must not stop the others
            _log.exception("source failed", source=source.name)
            result = _source_failed(source.name, error, cursor)
            yield _record(store, source, result, now=now)
            return
        if result is None:
            break
        failed = failed or result.batch is None
        yield _record(store, source, result, now=now, muted=muted)
    # The source has shown what it lists now, so what it shows from now on is new.
    if muted and not failed:
        with store.write() as tx:
            muted_sources.unmute(tx, source.name)


def _source_failed(name: str, error: Exception, cursor: Mapping[str, Any] | None) -> SourceRead:
    """Returns the result for a source that raised an unexpected error."""
    reason = f"{type(error).__name__}: {error} (a bug in this source; the log has the details)"
    return SourceRead(
        origin=name, batch=None, problem=Rejection(reason=reason), cursor=cursor or {}
    )


def _trust_in(source: Source, result: SourceRead) -> SourceTrust:
    """Returns how far a result is believed: less if it came from another host than expected."""
    usual = source.trust if isinstance(source, TimedSource) else FULL_TRUST
    trust = usual.at(result.addresses)
    if trust.level is not usual.level:
        _log.warning(
            "answer from another host is only a mention",
            source=source.name,
            addresses=", ".join(result.addresses[:3]),
        )
    return trust


def _oldest(source: Source, now: datetime) -> date | None:
    """Returns the earliest date of a paper that is announced as new; None if there is none."""
    days = source.max_age_days if isinstance(source, TimedSource) else None
    return None if days is None else now.date() - timedelta(days=days)


def _record(
    store: Store, source: Source, result: SourceRead, *, now: datetime, muted: bool = False
) -> BatchReport:
    """Stores one result and the new cursor in one transaction."""
    # Imported here: most runs find nothing new.
    from digest.core.batch_limits import short_rejection, within_limits
    from digest.core.identity.diff import diff
    from digest.core.schedule.batch_verdict import classify_batch
    from digest.store.papers import batches as batch_store
    from digest.store.papers.lookup import find_known_papers

    # Here too, because the sources of other packages know no limits.
    batch = within_limits(result.batch) if result.batch is not None else None
    name = source.name
    with store.write() as tx:
        if batch is None:
            problem = () if result.problem is None else (short_rejection(result.problem),)
            report = batch_store.record_failure(
                tx, source=name, origin=result.origin, rejected=problem, now=now
            )
        else:
            trust = _trust_in(source, result)
            batch_diff = diff(
                batch.papers,
                find_known_papers(tx, batch.papers, now=now),
                source=name,
                trust=trust,
                oldest=_oldest(source, now),
            )
            # Before muting, which removes the kinds: the verdict says what the source has shown.
            verdict = classify_batch(
                batch,
                batch_diff,
                announcing=source.calendar,
                last_announced=source_state.last_announced(tx, name),
                now=now,
            )
            if muted:
                # Without a kind, a paper is stored but not announced.
                unannounced = tuple(replace(item, kind=None) for item in batch_diff.findings)
                batch_diff = replace(batch_diff, findings=unannounced)
            report = batch_store.record_batch(
                tx, batch=batch, diff=batch_diff, verdict=verdict, now=now, trust=trust
            )
        # In the transaction of the batch: after a crash, both are stored or neither.
        source_state.save_cursor(tx, name, result.cursor, now)
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
