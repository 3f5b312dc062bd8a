"""Whether all is well, at the time of a request: what /healthz and /metrics answer with.

The database is asked at most once in some seconds, however many ask: anybody may, behind a
web server that passes everything on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from digest.errors import StoreError
from digest.store.database.store import Store
from digest.store.papers import source_state
from digest.store.papers.source_state import SourceState
from digest.store.reports import job_runs
from digest.store.reports.health import HealthFigures, health_figures, source_names
from digest.store.reports.job_runs import JobRun

FRESH_SECONDS = 5.0
BEAT = "attend"  # the job that a scheduler runs all day, whatever its other hours are
SILENT = timedelta(hours=2)  # so long after it, nobody is at work
GIVEN_UP = timedelta(days=7)  # so long after it, cron or nobody has taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSnapshot:
    """The database at one moment."""

    at: datetime
    vitals: HealthFigures
    sources: dict[str, SourceState]
    jobs: tuple[JobRun, ...]


class Health:
    """Looks, and remembers for a moment what it saw.

    Args:
        store: the database.
        clock: the moment.
        queue_limit: how long an edition may wait to be sent.
        log: a line for the operator.
        fresh_seconds: for how long a look is good.
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
        self._looking = Lock()
        self._seen: HealthSnapshot | None = None
        self._looked_at: float | None = None

    def seen(self) -> HealthSnapshot | None:
        """The database now, or some seconds ago; None if it cannot be reached."""
        with self._looking:  # who asks meanwhile waits for the one answer
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at >= self._fresh_seconds:
                self._seen = self._look()
                self._looked_at = time.monotonic()
            return self._seen

    def status(self) -> str:
        """`ok`, or in words what is wrong; nothing of readers, settings or addresses."""
        seen = self.seen()
        if seen is None:
            return "the database cannot be reached"
        waiting = seen.vitals.waiting_since
        if waiting is not None and seen.at - waiting > self._queue_limit:
            hours = f"{self._queue_limit / timedelta(hours=1):g}"
            return f"a digest has been waiting to be sent for more than {hours} hours"
        beat = next((run.started_at for run in seen.jobs if run.job == BEAT and run.slot), None)
        if beat is not None and SILENT < seen.at - beat < GIVEN_UP:
            return f"no scheduler has been at work since {beat:%Y-%m-%d %H:%M} UTC"
        return "ok"

    def _look(self) -> HealthSnapshot | None:
        now = self._clock()
        try:
            with self._store.read() as tx:
                return HealthSnapshot(
                    at=now,
                    vitals=health_figures(tx, now=now),
                    sources={name: source_state.load(tx, name) for name in source_names(tx)},
                    jobs=job_runs.last(tx),
                )
        except StoreError as error:
            self._log(str(error))
            return None
