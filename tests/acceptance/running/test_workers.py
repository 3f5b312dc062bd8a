"""Workers make and send the digests of a scheduler, each once, whoever dies."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.homes import House, Mailbox

from digest.app.application import App
from digest.pipeline.run_summary import RunSummary
from digest.scheduler.job_runner import Job
from digest.store.database.store import Store
from digest.store.reports.worker_queue import WorkerQueue, worker_queue
from digest.workers.job_queue import defer
from jobs.deliver import deliver
from jobs.publish import publish

READERS = 12
SHARDS = 4


@pytest.fixture
def shared_house(house: House, samples: list[Path], postgres_database: str) -> House:
    """A home on PostgreSQL with papers and readers, whose scheduler gives the work to workers."""
    house.environ |= {
        "DIGEST_DATABASE_URL": postgres_database,
        "DIGEST_WORKER_SHARDS": str(SHARDS),
    }
    for number in range(READERS):
        house.profile(f"reader{number}")
    house.dump(samples[0])
    house.json("collect")
    return house


@contextmanager
def worker(house: House, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "--home", str(house.path), "worker", *arguments],
        env=house.whole_environ(),
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run_job(house: House, job: Job) -> RunSummary:
    with App.open(house.path, environ=house.whole_environ()) as app:
        return job(app, datetime.now(UTC))


def queue(house: House) -> WorkerQueue:
    with Store.open(house.environ["DIGEST_DATABASE_URL"]) as store, store.read() as tx:
        state = worker_queue(tx)
        assert state is not None
        return state


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def everyone_once(mailbox: Mailbox) -> bool:
    received = Counter(message.recipients[0] for message in mailbox.received)
    return received == {f"reader{number}@example.org": 1 for number in range(READERS)}


def test_two_workers_make_and_send_each_digest_once(shared_house: House, mailbox: Mailbox) -> None:
    summary = run_job(shared_house, publish)
    assert summary.headline == "4 shards given to the workers"
    with worker(shared_house), worker(shared_house):
        wait_until(lambda: len(mailbox.received) >= READERS, "not all were sent")
        wait_until(
            lambda: not queue(shared_house).waiting and not queue(shared_house).running,
            "jobs are left",
        )
    assert everyone_once(mailbox)
    assert queue(shared_house).failed == 0


def test_a_shard_that_waits_is_not_put_in_the_queue_again(shared_house: House) -> None:
    first, second = run_job(shared_house, publish), run_job(shared_house, publish)
    assert first.headline == "4 shards given to the workers"
    assert second.headline == "0 shards given to the workers, 4 shards waited already"
    assert queue(shared_house).waiting == {"digest.publish": SHARDS}
    assert queue(shared_house).oldest_waiting is not None


def test_the_shards_of_a_killed_worker_are_done_by_another(
    shared_house: House, mailbox: Mailbox
) -> None:
    # The first worker gets stuck within its shard: the database row of a subscription is locked.
    with Store.open(shared_house.environ["DIGEST_DATABASE_URL"]) as store:
        run_job(shared_house, publish)
        with store.write() as tx:
            tx.exec_driver_sql("LOCK TABLE edition IN ACCESS EXCLUSIVE MODE")
            with worker(shared_house) as first:
                wait_until(lambda: queue(shared_house).running == 1, "no shard was started")
                first.send_signal(signal.SIGKILL)
                first.wait()
    with worker(shared_house, "--drain") as second:
        assert queue(shared_house).running == 1
        wait_until(lambda: len(mailbox.received) >= READERS, "not all were sent")
        second.wait(90)
    assert everyone_once(mailbox)


def test_a_worker_that_is_asked_to_stop_gives_its_shard_back(shared_house: House) -> None:
    with worker(shared_house) as process:
        wait_until(
            lambda: queue_exists(shared_house) and queue(shared_house).workers == 1,
            "it does not work",
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    run_job(shared_house, deliver)
    assert queue(shared_house).waiting == {"digest.deliver": SHARDS}
    assert queue(shared_house).workers == 0


def queue_exists(house: House) -> bool:
    with Store.open(house.environ["DIGEST_DATABASE_URL"]) as store, store.read() as tx:
        return worker_queue(tx) is not None


def test_the_tables_of_another_version_are_made_anew(shared_house: House) -> None:
    with Store.open(shared_house.environ["DIGEST_DATABASE_URL"]) as store:
        assert defer(store, "publish", shards=2) == 2
        with store.write() as tx:
            tx.exec_driver_sql("COMMENT ON SCHEMA digest_queue IS '1.0'")
        assert defer(store, "publish", shards=3) == 3
    assert queue(shared_house).waiting == {"digest.publish": 3}


def test_a_worker_refuses_a_home_on_sqlite(house: House) -> None:
    answer = house.digest("worker")
    assert answer.code == 2
    assert "workers need PostgreSQL" in answer.err
    assert "Traceback" not in answer.err
