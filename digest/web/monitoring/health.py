"""The state of the program at the time of a request, for /healthz and /metrics.

Anybody can request /healthz. So the database is read at most once every few seconds, whatever the
number of requests.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct

from digest.errors import StoreError
from digest.store.database.store import Store
from digest.store.papers import source_state
from digest.store.papers.source_state import SourceState
from digest.store.reports import job_runs
from digest.store.reports.health import HealthFigures, health_figures, source_names
from digest.store.reports.job_runs import JobRun
from digest.store.reports.worker_queue import WorkerQueue, worker_queue

FRESH_SECONDS = 5.0
_FREQUENT_JOB = "attend"  # a scheduler runs it all day, whatever the times of its other jobs are
_SCHEDULER_SILENT_AFTER = timedelta(hours=2)  # since its last run: the scheduler has stopped
_SCHEDULER_GONE_AFTER = timedelta(days=7)  # since its last run: the operator uses no scheduler now


class HealthSnapshot(Struct, frozen=True, kw_only=True):
    """What the database said at one moment."""

    at: datetime
    figures: HealthFigures
    sources: dict[str, SourceState]
    jobs: tuple[JobRun, ...]
    workers: WorkerQueue | None = None  # None: there are no workers


class Health:
    """Reads the state from the database, and caches it for a few seconds.

    Args:
        store: the database.
        clock: returns the current time.
        queue_limit: how long an edition may wait to be sent before the state is not ok.
        log: takes one line for the operator.
        fresh_seconds: how long the cached state is used.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime],
        queue_limit: timedelta,
        log: Callable[[str], None],
        fresh_seconds: float = FRESH_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._queue_limit = queue_limit
        self._log = log
        self._fresh_seconds = fresh_seconds
        self._reading = Lock()
        self._snapshot: HealthSnapshot | None = None
        self._read_at: float | None = None  # of time.monotonic()

    def snapshot(self) -> HealthSnapshot | None:
        """Returns the state, at most `fresh_seconds` old; None if there is no database."""
        # Requests that come meanwhile wait for the same answer.
        with self._reading:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at >= self._fresh_seconds:
                self._snapshot = self._read()
                # Not `now`: if reading took long, the requests that waited must not read again.
                self._read_at = time.monotonic()
            return self._snapshot

    def status(self) -> str:
        """Returns `ok`, or what is wrong. Everybody can read it, so it names no reader or setting."""
        snapshot = self.snapshot()
        if snapshot is None:
            return "the database cannot be reached"
        waiting = snapshot.figures.waiting_since
        if waiting is not None and snapshot.at - waiting > self._queue_limit:
            hours = f"{self._queue_limit / timedelta(hours=1):g}"
            return f"a digest has been waiting to be sent for more than {hours} hours"
        # A run without a slot was a single command, not the scheduler's.
        last_run = next(
            (run.started_at for run in snapshot.jobs if run.job == _FREQUENT_JOB and run.slot), None
        )
        # After a week without a run, the operator probably uses cron instead of the scheduler.
        if (
            last_run is not None
            and _SCHEDULER_SILENT_AFTER < snapshot.at - last_run < _SCHEDULER_GONE_AFTER
        ):
            return f"no scheduler has been at work since {last_run:%Y-%m-%d %H:%M} UTC"
        return "ok"

    def _read(self) -> HealthSnapshot | None:
        now = self._clock()
        try:
            with self._store.read() as tx:
                return HealthSnapshot(
                    at=now,
                    figures=health_figures(tx, now=now),
                    sources={name: source_state.load(tx, name) for name in source_names(tx)},
                    jobs=job_runs.last_runs(tx),
                    workers=worker_queue(tx),
                )
        except StoreError as error:
            self._log(str(error))
            return None
