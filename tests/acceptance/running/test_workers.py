"""Workers make and send the digests of a scheduler, each once, whoever dies."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.homes import DigestHome, Mailbox
from support.processes.fork_server import fork_server

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
def shared_home(digest_home: DigestHome, samples: list[Path], postgres_database: str) -> DigestHome:
    """A home on PostgreSQL with papers and readers, whose scheduler gives the work to workers."""
    digest_home.environ |= {
        "DIGEST_DATABASE_URL": postgres_database,
        "DIGEST_WORKER_SHARDS": str(SHARDS),
    }
    for number in range(READERS):
        digest_home.profile(f"reader{number}")
    digest_home.dump(samples[0])
    digest_home.json("collect")
    return digest_home


@contextmanager
def worker(digest_home: DigestHome, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    folder = digest_home.path.parent
    fork_server().install(folder)
    process = subprocess.Popen(
        [folder / "digest", "--home", digest_home.path, "worker", *arguments],
        env=digest_home.whole_environ(),
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run_job(digest_home: DigestHome, job: Job) -> RunSummary:
    with App.open(digest_home.path, environ=digest_home.whole_environ()) as app:
        return job(app, datetime.now(UTC))


def queue(digest_home: DigestHome) -> WorkerQueue:
    with Store.open(digest_home.environ["DIGEST_DATABASE_URL"]) as store, store.read() as tx:
        state = worker_queue(tx)
        assert state is not None
        return state


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def everyone_once(mailbox: Mailbox) -> bool:
    received = Counter(message.recipients[0] for message in mailbox.received)
    return received == {f"reader{number}@example.org": 1 for number in range(READERS)}


def test_two_workers_make_and_send_each_digest_once(
    shared_home: DigestHome, mailbox: Mailbox
) -> None:
    summary = run_job(shared_home, publish)
    assert summary.headline == "4 shards given to the workers"
    with worker(shared_home), worker(shared_home):
        wait_until(lambda: len(mailbox.received) >= READERS, "not all were sent")
        wait_until(
            lambda: not queue(shared_home).waiting and not queue(shared_home).running,
            "jobs are left",
        )
    assert everyone_once(mailbox)
    assert queue(shared_home).failed == 0


def test_a_shard_that_waits_is_not_put_in_the_queue_again(shared_home: DigestHome) -> None:
    first, second = run_job(shared_home, publish), run_job(shared_home, publish)
    assert first.headline == "4 shards given to the workers"
    assert second.headline == "0 shards given to the workers, 4 shards waited already"
    assert queue(shared_home).waiting == {"digest.publish": SHARDS}
    assert queue(shared_home).oldest_waiting is not None


def test_the_shards_of_a_killed_worker_are_done_by_another(
    shared_home: DigestHome, mailbox: Mailbox
) -> None:
    # The first worker gets stuck within its shard: the database row of a subscription is locked.
    with Store.open(shared_home.environ["DIGEST_DATABASE_URL"]) as store:
        run_job(shared_home, publish)
        with store.write() as tx:
            tx.exec_driver_sql("LOCK TABLE edition IN ACCESS EXCLUSIVE MODE")
            with worker(shared_home) as first:
                wait_until(lambda: queue(shared_home).running == 1, "no shard was started")
                run_job(shared_home, publish)  # the shard that is running waits again now
                first.send_signal(signal.SIGKILL)
                first.wait()
    with worker(shared_home, "--drain") as second:
        assert queue(shared_home).running == 1
        wait_until(lambda: len(mailbox.received) >= READERS, "not all were sent")
        second.wait(240)
    assert everyone_once(mailbox)


def test_a_worker_that_is_asked_to_stop_gives_its_shard_back(shared_home: DigestHome) -> None:
    with worker(shared_home) as process:
        wait_until(
            lambda: queue_exists(shared_home) and queue(shared_home).workers == 1,
            "it does not work",
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(240) == 0
    run_job(shared_home, deliver)
    assert queue(shared_home).waiting == {"digest.deliver": SHARDS}
    assert queue(shared_home).workers == 0


def test_a_stopped_worker_gives_its_shard_back_although_it_waits_again(
    shared_home: DigestHome, mailbox: Mailbox
) -> None:
    with Store.open(shared_home.environ["DIGEST_DATABASE_URL"]) as store:
        run_job(shared_home, publish)
        with worker(shared_home) as first:
            with store.write() as tx:
                tx.exec_driver_sql("LOCK TABLE edition IN ACCESS EXCLUSIVE MODE")
                wait_until(lambda: queue(shared_home).running == 1, "no shard was started")
                run_job(shared_home, publish)
                first.send_signal(signal.SIGTERM)
                time.sleep(1)  # it notices the signal while its shard runs
            assert first.wait(30) == 0
        assert queue(shared_home).running == 0
    with worker(shared_home, "--drain") as second:
        assert second.wait(90) == 0
    assert everyone_once(mailbox)


def queue_exists(digest_home: DigestHome) -> bool:
    with Store.open(digest_home.environ["DIGEST_DATABASE_URL"]) as store, store.read() as tx:
        return worker_queue(tx) is not None


def test_one_shard_of_a_stage_is_put_in_the_queue(shared_home: DigestHome) -> None:
    with Store.open(shared_home.environ["DIGEST_DATABASE_URL"]) as store:
        assert defer(store, "deliver", shards=SHARDS, only=2) == 1
        assert defer(store, "deliver", shards=SHARDS, only=2) == 0
    assert queue(shared_home).waiting == {"digest.deliver": 1}


def test_the_tables_of_another_version_are_made_anew(shared_home: DigestHome) -> None:
    with Store.open(shared_home.environ["DIGEST_DATABASE_URL"]) as store:
        assert defer(store, "publish", shards=2) == 2
        with store.write() as tx:
            tx.exec_driver_sql("COMMENT ON SCHEMA digest_queue IS '1.0'")
        assert defer(store, "publish", shards=3) == 3
    assert queue(shared_home).waiting == {"digest.publish": 3}


def test_a_worker_refuses_a_home_on_sqlite(digest_home: DigestHome) -> None:
    answer = digest_home.digest("worker")
    assert answer.code == 2
    assert "workers need PostgreSQL" in answer.err
    assert "Traceback" not in answer.err
