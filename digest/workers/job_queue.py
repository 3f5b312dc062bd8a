"""The job queue of the workers: Procrastinate, in a PostgreSQL schema of its own.

A job is one shard of one stage. The queue holds nothing that matters: the ledger and the due states
of the subscriptions say what is to be done, and the scheduler puts the jobs in the queue again at its
next run. So the tables of another version are removed and created anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import procrastinate
from procrastinate import SyncPsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.schema import SchemaManager

from digest.errors import StoreUnavailable
from digest.store.database.connection import driver_arguments
from digest.store.database.store import Store
from digest.store.reports.worker_queue import QUEUE_SCHEMA, lock_queue_schema

Stage = Literal["publish", "deliver"]

STAGES: tuple[Stage, ...] = get_args(Stage)

# Higher comes first. An edition is made from what its reader asked for and when, so it should be in
# the ledger early; then it is safe, and sending it may wait. Even numbers: the next odd one is for
# the shards of dead workers.
_PRIORITIES: dict[Stage, int] = {"publish": 20, "deliver": 10}


def task_name(stage: Stage) -> str:
    """Returns the name of the task that runs a shard of a stage."""
    return f"digest.{stage}"


def connection_arguments(store: Store) -> dict[str, Any]:
    """Returns the arguments of psycopg for a connection that sees only the tables of the queue.

    Args:
        store: a store on PostgreSQL.
    """
    given = driver_arguments(store.engine)
    # Procrastinate names its tables without a schema, so the connection must see this schema alone.
    options = f"{given.get('options', '')} -c search_path={QUEUE_SCHEMA}".strip()
    return {**given, "options": options}


def require_schema(store: Store) -> None:
    """Creates the tables of the queue where they are missing or of another version.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    version = procrastinate.__version__
    with lock_queue_schema(store, version=version) as is_missing:
        if is_missing:
            with _opened(store) as connector:
                SchemaManager(connector).apply_schema()


def defer(store: Store, stage: Stage, *, shards: int, only: int | None = None) -> int:
    """Puts the shards of a stage in the queue, except those that wait there already.

    Args:
        store: a store on PostgreSQL.
        stage: the stage.
        shards: the number of shards.
        only: the number of a shard, from 0; None: all of them.

    Returns:
        The number of jobs that were added.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    require_schema(store)
    added = 0
    with _opened(store) as connector, _reported(store):
        jobs = procrastinate.App(connector=connector)
        for number in range(shards) if only is None else (only,):
            # The queueing lock keeps a shard from waiting twice, the lock from running twice.
            name = f"{stage} {number}/{shards}"
            job = jobs.configure_task(
                task_name(stage), lock=name, queueing_lock=name, priority=_PRIORITIES[stage]
            )
            try:
                job.defer(shard=number, shards=shards)
            except AlreadyEnqueued:
                continue
            added += 1
    return added


@contextmanager
def _opened(store: Store) -> Iterator[BaseConnector]:
    connector = SyncPsycopgConnector(kwargs=connection_arguments(store), min_size=1, max_size=1)
    with _reported(store):
        connector.open()
    try:
        yield connector
    finally:
        connector.close()


@contextmanager
def _reported(store: Store) -> Iterator[None]:
    try:
        yield
    except ConnectorException as error:
        raise StoreUnavailable(f"{store.url}: the job queue: {_innermost(error)}") from error


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())


RunShard = Callable[[Stage, int, int], None]
"""Runs one shard: the stage, the number of the shard from 0, and the number of shards."""
