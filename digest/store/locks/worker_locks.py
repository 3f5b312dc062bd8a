"""A lock for each worker of the job queue: the shards of a dead worker go to others at once.

PostgreSQL ends the session of a killed process, and with it the lock, within milliseconds. A machine
that hangs or cannot be reached keeps its session for a minute, so a worker that has not reported for
some seconds counts as dead too.

The tables are those of Procrastinate, as in `store/reports/worker_queue.py`.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from threading import Lock
from typing import Any, Self

from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from digest.store.database.connection import translate_errors
from digest.store.database.store import Store
from digest.store.locks.advisory_session import lasting_session
from digest.store.reports.worker_queue import QUEUE_SCHEMA

# All programs that use a PostgreSQL database share its advisory lock keys. Our keys are this
# prefix plus the number of the worker.
KEY_PREFIX = 0x5D1D << 48

# A session that holds a lock gets it a second time, so its own workers are left out. The lock that
# is tried ends with the statement; it is shared, so that two processes can look at once. It stands
# in no condition, because PostgreSQL could try it for other rows first.
_RUNNING_ELSEWHERE = text(
    "SELECT job.id, CASE"
    " WHEN worker.id IS NULL THEN true"
    " WHEN worker.last_heartbeat < now() - make_interval(secs => :silent_seconds) THEN true"
    " ELSE pg_try_advisory_xact_lock_shared(:prefix | worker.id) END AS is_dead"
    " FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker"
    " ON worker.id = job.worker_id"
    " WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.id <> ALL (CAST(:own AS bigint[])))"
)

# Another job takes the place of the dead worker's, because the database announces new jobs to workers
# that wait. Its odd priority puts it before the shards of its stage that nobody has begun. If the
# shard waits in the queue again already, it waits once.
_GIVE_BACK = text(
    "WITH dead AS (DELETE FROM procrastinate_jobs"
    " WHERE id = ANY (CAST(:ids AS bigint[])) AND status = 'doing' RETURNING *),"
    " again AS (INSERT INTO procrastinate_jobs"
    " (queue_name, task_name, priority, lock, queueing_lock, args, attempts)"
    " SELECT queue_name, task_name, priority | 1, lock, queueing_lock, args, attempts FROM dead"
    " ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING)"
    " SELECT task_name, args FROM dead"
)


class GivenBackJob(Struct, frozen=True, kw_only=True):
    """A job of a dead worker that is in the queue again."""

    task_name: str
    arguments: Mapping[str, Any]


class WorkerLocks:
    """The session that holds the locks of this process's workers, and finds workers that are dead.

    If the session is lost, the next call opens another one and takes the locks again. Thread-safe.

    Args:
        store: A store on PostgreSQL.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own: list[int] = []
        self._using = Lock()
        self._opened = ExitStack()
        self._session: Connection | None = None

    def hold(self, worker_id: int) -> None:
        """Takes the lock of a worker of this process, until `close`; call it before it has a job.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        with self._using, translate_errors(self._store.engine.url):
            session = self._open_session()
            self._own.append(worker_id)
            _lock(session, worker_id)

    def give_back(self, *, silent_seconds: float) -> list[GivenBackJob]:
        """Puts the jobs of dead workers in the queue again.

        Args:
            silent_seconds: A worker that has not reported for so long counts as dead as well.

        Raises:
            StoreUnavailable: The database cannot be reached.
        """
        with self._using, translate_errors(self._store.engine.url):
            try:
                return _give_back(self._open_session(), self._own, silent_seconds)
            except DBAPIError:
                self._close_session()
                raise

    def close(self) -> None:
        """Releases the locks."""
        with self._using:
            self._close_session()

    def _open_session(self) -> Connection:
        if self._session is None:
            session = self._opened.enter_context(lasting_session(self._store))
            # Also for the triggers of the tables, which name no schema.
            session.exec_driver_sql(f"SET search_path = {QUEUE_SCHEMA}")
            for worker_id in self._own:
                _lock(session, worker_id)
            self._session = session
        return self._session

    def _close_session(self) -> None:
        self._session = None
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _lock(session: Connection, worker_id: int) -> None:
    session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": KEY_PREFIX | worker_id})


def _give_back(session: Connection, own: list[int], silent_seconds: float) -> list[GivenBackJob]:
    found = session.execute(
        _RUNNING_ELSEWHERE,
        {"own": own, "prefix": KEY_PREFIX, "silent_seconds": silent_seconds},
    ).all()
    dead = [row.id for row in found if row.is_dead]
    if not dead:
        return []
    rows = session.execute(_GIVE_BACK, {"ids": dead}).all()
    return [GivenBackJob(task_name=row.task_name, arguments=row.args) for row in rows]
