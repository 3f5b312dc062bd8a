"""The shards of a dead worker go back to the queue at once, each once."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import text
from support.processes.lock_holder import lock_holder

from digest.errors import StoreUnavailable
from digest.store.database.store import Store
from digest.store.locks.worker_locks import GivenBackJob, WorkerLocks
from digest.store.reports.worker_queue import QUEUE_SCHEMA, worker_queue
from digest.workers.job_queue import defer

FIRST = GivenBackJob(task_name="digest.publish", arguments={"shard": 0, "shards": 2})


@pytest.fixture
def store(migrated_postgres_database: str) -> Iterator[Store]:
    """A store on PostgreSQL with two shards of publish in the queue."""
    with Store.open(migrated_postgres_database) as opened:
        defer(opened, "publish", shards=2)
        yield opened


def change(store: Store, statement: str) -> int:
    """Runs a statement on the tables of the queue; returns the number in its result, if any."""
    with store.write() as tx:
        tx.execute(text(f"SET LOCAL search_path = {QUEUE_SCHEMA}"))
        result = tx.execute(text(statement))
        return int(result.scalar_one()) if result.returns_rows else 0


def register(store: Store) -> int:
    return change(store, "SELECT worker_id FROM procrastinate_register_worker_v1()")


def take(store: Store, worker_id: int) -> int:
    """Takes the first job for a worker."""
    return change(store, f"SELECT id FROM procrastinate_fetch_job_v2(NULL, {worker_id})")


def states(store: Store) -> tuple[int, int]:
    """Returns how many jobs wait and run."""
    with store.read() as tx:
        state = worker_queue(tx)
    assert state is not None
    return sum(state.waiting.values()), state.running


def give_back(locks: WorkerLocks) -> list[GivenBackJob]:
    return locks.give_back(silent_seconds=60)


@contextmanager
def worker_lock(url: str, worker_id: int) -> Iterator[None]:
    """Holds the lock of a worker."""
    with Store.open(url) as store, WorkerLocks(store) as locks:
        locks.hold(worker_id)
        yield


def another_process(url: str, worker_id: int) -> AbstractContextManager[int]:
    """A process that holds the lock of a worker until it is killed."""
    return lock_holder(lambda: worker_lock(url, worker_id))


def test_the_shard_of_a_killed_process_goes_back_although_it_has_just_reported(
    store: Store, migrated_postgres_database: str
) -> None:
    worker_id = register(store)
    with WorkerLocks(store) as watcher:
        with another_process(migrated_postgres_database, worker_id):
            take(store, worker_id)
            assert give_back(watcher) == []
            assert states(store) == (1, 1)
        end = time.monotonic() + 30
        while not (given_back := give_back(watcher)):
            assert time.monotonic() < end, "the lock does not end with its process"
        assert given_back == [FIRST]
        assert states(store) == (2, 0)
        assert give_back(watcher) == []


def test_the_shards_of_its_own_workers_and_of_others_that_live_stay(store: Store) -> None:
    with WorkerLocks(store) as first, WorkerLocks(store) as second:
        for locks in (first, second):
            worker_id = register(store)
            locks.hold(worker_id)
            take(store, worker_id)
        assert give_back(first) == give_back(second) == []
    assert states(store) == (0, 2)


def test_the_shard_of_a_worker_that_does_not_report_goes_back_although_it_holds_its_lock(
    store: Store,
) -> None:
    worker_id = register(store)
    with WorkerLocks(store) as hung, WorkerLocks(store) as watcher:
        hung.hold(worker_id)
        take(store, worker_id)
        change(
            store, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'"
        )
        assert give_back(watcher) == [FIRST]


def test_the_shard_of_a_worker_that_was_removed_goes_back(store: Store) -> None:
    worker_id = register(store)
    take(store, worker_id)
    change(store, f"DELETE FROM procrastinate_workers WHERE id = {worker_id}")
    with WorkerLocks(store) as watcher:
        assert give_back(watcher) == [FIRST]


def test_a_dead_workers_shard_that_waits_again_already_waits_once(store: Store) -> None:
    take(store, register(store))
    defer(store, "publish", shards=2)
    assert states(store) == (2, 1)
    with WorkerLocks(store) as watcher:
        assert give_back(watcher) == [FIRST]
    assert states(store) == (2, 0)


def test_a_shard_that_was_given_back_comes_before_the_others_of_its_stage(store: Store) -> None:
    first = take(store, register(store))
    with WorkerLocks(store) as watcher:
        for _ in range(3):
            assert give_back(watcher) == [FIRST]
            again = take(store, register(store))
            assert again > first
        assert give_back(watcher) == [FIRST]
    defer(store, "deliver", shards=1)
    statement = "SELECT max(priority) FROM digest_queue.procrastinate_jobs"
    assert change(store, statement) == 21


def test_a_lost_session_is_opened_again_with_its_locks(store: Store) -> None:
    worker_id = register(store)
    with WorkerLocks(store) as worker, WorkerLocks(store) as watcher:
        worker.hold(worker_id)
        take(store, worker_id)
        terminate = (
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        assert change(store, terminate) == 1
        with pytest.raises(StoreUnavailable):
            give_back(worker)
        assert give_back(worker) == []
        assert give_back(watcher) == []
    assert states(store) == (1, 1)
