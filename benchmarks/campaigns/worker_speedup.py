"""How much faster do 2, 4 and 8 workers make and send digests than one?

    python benchmarks/campaigns/worker_speedup.py [--readers 4000] [--workers 1 2 4 8]

Workers of `digest worker` run publish and deliver for readers who share a profile, over PostgreSQL and
an SMTP sink, all on this machine. The time is from the moment when the shards are put in the queue, for
which the workers wait already, to the last message in the sink. One line of JSON for each number of
workers: seconds; CPU seconds of workers and server; and of the samples of connections of the server that
work, taken every 0.1 s, the share that waited for a lock of the database, by the kind of lock.

Then the times for workers with a processor each are computed, from the shards of the run of one worker:
a shard of publish takes the CPU time that was measured for it, and goes to the worker that is free
first. The rest is sending, which shards do not divide: workers claim 50 to 400 digests at a time, so its
CPU time is divided evenly. Each further worker first takes what it cost in the measured runs: the CPU
time of the run with the most workers, less that of one worker, divided by the further workers. The
server's CPU time is a lower bound: it has as many processors as this machine. For ten times as many
readers, shards and sending take ten times as long, the start of a worker does not. Left out are the
time of the network, and waiting for locks, whose share is measured.
"""

import argparse
import heapq
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from sqlalchemy import text

from benchmarks.campaigns.kill_workers import (
    SHARDS,
    add_readers,
    count_lines,
    environment,
    prepare,
)
from benchmarks.common.ledger_setup import database
from benchmarks.common.process_usage import server_process, tree_cpu
from benchmarks.common.sampling_thread import SamplingThread
from benchmarks.common.smtp_sink import sink
from digest.store.database.store import Store
from digest.store.reports.worker_queue import worker_queue
from digest.workers.job_queue import defer, require_schema

COMPUTED = (1, 2, 4, 8, 16)  # workers for which times are computed

_ACTIVE = text(
    "SELECT wait_event_type, wait_event, count(*) AS number FROM pg_stat_activity"
    " WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " GROUP BY wait_event_type, wait_event"
)


@dataclass(kw_only=True)
class Worker:
    """A worker, and the CPU time that it had taken at the end of each shard."""

    process: "subprocess.Popen[str]"
    started_cpu: float = 0.0
    shards: list[tuple[str, float]] = field(default_factory=list)  # stage, CPU seconds so far

    def read_log(self) -> None:
        """Reads the log until the worker ends."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with_job = json.loads(line) if line.startswith("{") else {}
            if with_job.get("event") == "shard":
                self.shards.append((with_job["job"], tree_cpu(self.process.pid)))

    def cpu_of(self, stage: str) -> list[float]:
        """The CPU seconds of each shard of a stage."""
        ends = [self.started_cpu, *(cpu for _, cpu in self.shards)]
        return [
            end - begin
            for (name, end), begin in zip(self.shards, ends, strict=False)
            if name == stage
        ]


@dataclass(kw_only=True)
class Run:
    """What a run took."""

    workers: list[Worker]
    seconds: float
    cpu_workers: float
    cpu_server: float
    lock_waits: dict[str, float]

    def line(self, readers: int) -> str:
        """The line of JSON about it."""
        return json.dumps(
            {
                "workers": len(self.workers),
                "readers": readers,
                "seconds": round(self.seconds, 1),
                "cpu_workers": round(self.cpu_workers, 1),
                "cpu_server": round(self.cpu_server, 1),
                "lock_waits": self.lock_waits,
            }
        )


@contextmanager
def running(
    home: Path, environ: dict[str, str], store: Store, number: int
) -> Iterator[list[Worker]]:
    """Workers that wait for shards."""
    command = [sys.executable, "-m", "digest", "--home", str(home), "worker"]
    workers = [
        Worker(process=subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True))
        for _ in range(number)
    ]
    readers = [Thread(target=worker.read_log, daemon=True) for worker in workers]
    for thread in readers:
        thread.start()
    try:
        while True:
            with store.read() as tx:
                state = worker_queue(tx)
            if state is not None and state.workers == number:
                break
            time.sleep(0.1)
        for worker in workers:
            worker.started_cpu = tree_cpu(worker.process.pid)
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.wait()
        for thread in readers:
            thread.join()


class LockWaits(SamplingThread):
    """Samples how many connections of the server work, and how many wait for a lock."""

    def __init__(self, store: Store) -> None:
        super().__init__(self._count_waits, seconds=0.1)
        self._store = store
        self._samples: Counter[str] = Counter()

    def _count_waits(self) -> None:
        with self._store.read() as tx:
            for row in tx.execute(_ACTIVE):
                self._samples[f"{row.wait_event_type} {row.wait_event}"] += row.number

    def shares(self) -> dict[str, float]:
        """Returns what share of the working connections waited for which lock."""
        return {
            what: round(number / self._samples.total(), 2)
            for what, number in self._samples.most_common()
            if what.startswith(("Lock", "LWLock"))
        }


def measure(readers: int, number: int) -> Run:
    """Makes and sends the digests of so many readers with so many workers."""
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as folder,
        database("postgresql") as url,
    ):
        home, record = Path(folder) / "home", Path(folder) / "received"
        with sink(record) as port, Store.open(url) as store:
            environ = environment(url, port)
            prepare(home, environ)
            add_readers(home, environ, 0, readers)
            server = server_process(url)
            assert server is not None
            require_schema(store)  # the workers are counted in its tables
            with running(home, environ, store, number) as workers, LockWaits(store) as waits:
                served, began = tree_cpu(server), time.monotonic()
                defer(store, "publish", shards=SHARDS)
                while count_lines(record) < readers:
                    time.sleep(0.05)
                seconds, served = time.monotonic() - began, tree_cpu(server) - served
                cpu = sum(tree_cpu(worker.process.pid) - worker.started_cpu for worker in workers)
    return Run(
        workers=workers,
        seconds=seconds,
        cpu_workers=cpu,
        cpu_server=served,
        lock_waits=waits.shares(),
    )


def list_schedule(jobs: Sequence[float], starts: Sequence[float]) -> list[float]:
    """Gives each job to the worker that is free first; returns when each worker is free."""
    free = list(starts)
    heapq.heapify(free)
    for job in jobs:
        heapq.heapreplace(free, free[0] + job)
    return sorted(free)


def computed(alone: Run, number: int, *, start: float, times: int) -> float:
    """Returns the seconds of so many workers with a processor each.

    Args:
        alone: the run of one worker.
        number: how many workers.
        start: the CPU seconds that each further worker takes before its first shard.
        times: how many times as many readers as in the run.
    """
    publish, deliver = alone.workers[0].cpu_of("publish"), alone.workers[0].cpu_of("deliver")
    usual = statistics.median(publish)
    imports = publish[0] - usual
    free = list_schedule(
        [item * times for item in (usual, *publish[1:])], [imports, *[start] * (number - 1)]
    )
    # Sending fills the gaps that publish leaves at the end.
    end = (sum(free) + sum(deliver) * times) / number
    return max(end, free[-1], alone.cpu_server * times / (os.cpu_count() or 1))


def main() -> None:
    """Measures each number of workers, and computes the times of others."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=4000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    runs = {}
    for number in sorted({1, *options.workers}):
        runs[number] = measure(options.readers, number)
        print(runs[number].line(options.readers), flush=True)
    alone, most = runs[1], max(runs)
    start = max(0.0, runs[most].cpu_workers - alone.cpu_workers) / max(1, most - 1)
    for times in (1, 10):
        seconds = {number: computed(alone, number, start=start, times=times) for number in COMPUTED}
        print(
            json.dumps(
                {
                    "computed_for_readers": options.readers * times,
                    "cpu_seconds_of_a_further_worker": round(start, 2),
                    "seconds": {number: round(item, 1) for number, item in seconds.items()},
                    "speedup": {
                        number: round(seconds[1] / item, 2) for number, item in seconds.items()
                    },
                }
            )
        )


if __name__ == "__main__":
    main()
