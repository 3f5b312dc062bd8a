"""Reads the job queue of the workers: who works, what waits, and for how long.

The tables are those of Procrastinate (https://procrastinate.readthedocs.io), in a schema of their own.
They are read here with SQL, so that `digest status` and /metrics need no further package.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec import Struct, field
from sqlalchemy import (
    Connection,
    Label,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)

from digest.store.database.store import Store

QUEUE_SCHEMA = "digest_queue"

ALIVE = timedelta(seconds=10)
"""A worker that has not reported for so long counts as dead; it reports every second."""

# The columns of Procrastinate's tables that are read here.
_jobs = table(
    "procrastinate_jobs",
    *map(column, ("id", "task_name", "status", "scheduled_at")),
    schema=QUEUE_SCHEMA,
)
_events = table("procrastinate_events", *map(column, ("job_id", "at")), schema=QUEUE_SCHEMA)
_workers = table("procrastinate_workers", column("last_heartbeat"), schema=QUEUE_SCHEMA)

_LOCK = 7_276_117_321  # key of an advisory lock; an arbitrary number that never changes


class WorkerQueue(Struct, frozen=True, kw_only=True):
    """The state of the job queue."""

    workers: int = 0  # that are alive
    waiting: Mapping[str, int] = field(default_factory=dict)  # jobs that wait, by task
    running: int = 0
    failed: int = 0  # jobs that were given up; they are kept for a week
    oldest_waiting: datetime | None = None  # since when the oldest job could run

    def lag(self, now: datetime) -> timedelta:
        """Returns how long the oldest job has waited; 0 if none waits."""
        return max(timedelta(), now - self.oldest_waiting) if self.oldest_waiting else timedelta()


def worker_queue(tx: Connection) -> WorkerQueue | None:
    """Returns the state of the queue; None if there is none.

    Args:
        tx: Transaction.
    """
    if tx.dialect.name != "postgresql" or _version(tx) is None:
        return None
    first_event = (
        select(func.min(_events.c.at)).where(_events.c.job_id == _jobs.c.id).scalar_subquery()
    )
    status: Label[str] = literal_column("status::text").label("status")
    jobs = tx.execute(
        select(
            _jobs.c.task_name,
            status,
            func.count().label("number"),
            # A job that is tried again has the time of its next attempt.
            func.min(func.coalesce(_jobs.c.scheduled_at, first_event)).label("since"),
        )
        .where(literal_column("status::text").in_(("todo", "doing", "failed")))
        .group_by(_jobs.c.task_name, literal_column("status::text"))
    ).all()
    is_alive = _workers.c.last_heartbeat > func.now() - ALIVE
    alive = tx.execute(select(func.count()).select_from(_workers).where(is_alive)).scalar_one()
    waiting = [row for row in jobs if row.status == "todo"]
    return WorkerQueue(
        workers=alive,
        waiting={row.task_name: row.number for row in waiting},
        running=sum(row.number for row in jobs if row.status == "doing"),
        failed=sum(row.number for row in jobs if row.status == "failed"),
        oldest_waiting=min((row.since for row in waiting if row.since), default=None),
    )


@contextmanager
def lock_queue_schema(store: Store, *, version: str) -> Iterator[bool]:
    """Makes sure that one process at a time creates the tables of the queue.

    A schema of another version is removed first.

    Args:
        store: A store on PostgreSQL.
        version: The version of the package whose tables are wanted.

    Yields:
        Whether the tables are missing. They are recorded as created at the end of the block.
    """
    with store.read() as tx:
        is_current = _version(tx) == version
    if is_current:
        yield False
        return
    with store.write() as tx:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        is_missing = _version(tx) != version
        if is_missing:
            # In a transaction of its own: the tables are created over another connection.
            with store.write() as other:
                other.execute(text(f"DROP SCHEMA IF EXISTS {QUEUE_SCHEMA} CASCADE"))
                other.execute(text(f"CREATE SCHEMA {QUEUE_SCHEMA}"))
        yield is_missing
        if is_missing:
            comment = text(f"COMMENT ON SCHEMA {QUEUE_SCHEMA} IS '{version}'")
            tx.execute(comment)


def _version(tx: Connection) -> str | None:
    """Returns the version of the tables; None if there are none, or if they are incomplete."""
    comment = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")
    version = tx.execute(comment, {"name": QUEUE_SCHEMA}).scalar_one_or_none()
    return None if version is None else str(version)
