"""Does a killed worker lose digests, or double some that the ledger does not doubt?

    python benchmarks/campaigns/kill_workers.py [--kills 200] [--readers 4000] [--workers 4]
        [--in-doubt resend|hold] [--seed N]

Workers of `digest worker` make and send the digests of many readers, over PostgreSQL and an SMTP sink.
At random moments one or two of them that have a shard get SIGKILL, and others are started at once, without waiting for
the take-over. Then the sink's record is compared with the ledger: with `resend` a message may arrive
more than once only as often as the ledger was in doubt about it, with `hold` never. A take-over is
measured for each shard that a killed worker had: until it is in the queue again (also without the kills
at moments when all other workers were just starting), and until another worker is free and runs it, or
it is done; the median and the largest. The latter for publish only: what a shard of deliver had not
sent is sent by those that run already. Readers are
added, `--readers` at a time, whenever most have their digests. Prints one line of JSON; exits with 1 if
a digest was lost, or doubled without a doubt, or a shard was not taken over.

For a short form: --readers 1000 --kills 5.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, text

from benchmarks.campaigns.kill_delivery import lines
from benchmarks.common.ledger_setup import database
from benchmarks.common.sampling_thread import SamplingThread
from benchmarks.common.smtp_sink import sink
from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, edition, subscription
from digest.store.database.store import Store
from digest.store.locks.worker_locks import KEY_PREFIX
from digest.store.reports.worker_queue import QUEUE_SCHEMA
from digest.workers.job_queue import STAGES, defer

SHARDS = 16
PAUSE = 2.5  # seconds between two times at which workers are killed, on average
LAST_SECONDS = 300  # that the workers have after the last kill
JOBS = f"{QUEUE_SCHEMA}.procrastinate_jobs"

PROFILE = """\
email = "unused@example.org"
min_match = 1
trending = 0

[[topics]]
name = "Anything"
keywords = ["learning", "protein", "galaxies"]
"""


def digest(home: Path, environ: dict[str, str], *arguments: str) -> None:
    """Runs a command of the program."""
    subprocess.run(
        [sys.executable, "-m", "digest", "--home", str(home), *arguments],
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def environment(url: str, port: int) -> dict[str, str]:
    """Returns the environment variables of the commands."""
    return {
        **{name: value for name, value in os.environ.items() if "DIGEST_" not in name},
        "DIGEST_DATABASE_URL": url,
        "DIGEST_SMTP_HOST": "127.0.0.1",
        "DIGEST_SMTP_PORT": str(port),
        "DIGEST_SMTP_SECURITY": "none",
        "DIGEST_FROM": "digest@example.org",
        "DIGEST_ENRICH": "off",
        "DIGEST_WORKER_SHARDS": str(SHARDS),
    }


def prepare(home: Path, environ: dict[str, str]) -> None:
    """Makes a home with papers."""
    (home / "profiles").mkdir(parents=True)
    (home / "papers").mkdir()
    (home / "sources.toml").write_text(
        '[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "papers"\n', "utf-8"
    )
    (home / "shared.toml").write_text(PROFILE, "utf-8")
    papers = [
        {"title": f"Learning about proteins and galaxies, lecture {number}", "abstract": "Text."}
        for number in range(5)
    ]
    (home / "papers" / "day.jsonl").write_text("\n".join(map(json.dumps, papers)) + "\n", "utf-8")
    digest(home, environ, "collect")


def add_readers(home: Path, environ: dict[str, str], first: int, number: int) -> None:
    """Adds readers whose digests are due."""
    table = home / "readers.csv"
    rows = (f"{reader(first + item)},shared.toml" for item in range(number))
    table.write_text("\n".join(["email,profile", *rows]) + "\n", "utf-8")
    digest(home, environ, "subscribers", "import", str(table))


def reader(number: int) -> str:
    """Returns the address of a reader."""
    return f"reader{number}@example.org"


class Workers:
    """The workers of the campaign. The database knows each by the name of its connections."""

    def __init__(self, home: Path, environ: dict[str, str], store: Store) -> None:
        self._home, self._environ, self.store = home, environ, store
        self._started = 0
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, number: int) -> None:
        """Starts workers until so many run; does not wait until they work."""
        while len(self.running) < number:
            self._started += 1
            name = f"worker{self._started}"
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "digest", "--home", str(self._home), "worker"],
                env={**self._environ, "PGAPPNAME": name},
                stderr=subprocess.DEVNULL,
            )

    def busy(self) -> dict[str, list[Row[Any]]]:
        """Returns the jobs of the running workers that have some."""
        # The number that the queue gave a worker is part of the key of its lock.
        rows = self._ask(
            f"SELECT application_name, job.id, job.lock FROM {JOBS} job"
            " JOIN pg_locks ON locktype = 'advisory' AND classid = :prefix AND objid = worker_id"
            " JOIN pg_stat_activity USING (pid) WHERE status = 'doing' AND granted",
            prefix=KEY_PREFIX >> 32,
        )
        by_name = groupby(sorted(rows), key=attrgetter("application_name"))
        return {name: list(jobs) for name, jobs in by_name if name in self.running}

    def count_watching(self) -> int:
        """Returns how many workers have registered, so that they look for dead ones."""
        locks = (
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = :prefix AND granted"
        )
        return len(self._ask(locks, prefix=KEY_PREFIX >> 32))

    def kill(self, name: str) -> None:
        """Kills a worker."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Stops all workers."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()

    def _ask(self, query: str, **values: object) -> list[Row[Any]]:
        with self.store.read() as tx:
            return list(tx.execute(text(query), values).all())


@dataclass(kw_only=True)
class TakeOver:
    """The time from the kill of a worker until its shard was taken over."""

    job: int
    lock: str
    killed_at: float
    others: int  # workers that looked for dead ones at that moment; the rest were starting
    given_back: float | None = None  # seconds until the shard was in the queue again
    runs_again: float | None = None  # seconds until another worker ran it, or it was done


class TakeOvers(SamplingThread):
    """Watches when the shards of killed workers are taken over."""

    def __init__(self, store: Store) -> None:
        super().__init__(self._watch, seconds=0.05)
        self._store = store
        self.all: list[TakeOver] = []

    @property
    def open(self) -> list[TakeOver]:
        """Those that have not ended."""
        return [item for item in self.all if item.runs_again is None]

    def _watch(self) -> None:
        if not self.open:
            return
        with self._store.read() as tx:
            jobs = tx.execute(
                text(f"SELECT id, lock, status::text FROM {JOBS} WHERE status IN ('todo', 'doing')")
            ).all()
        now = time.monotonic()
        running = {row.id: row.lock for row in jobs if row.status == "doing"}
        locks = {row.lock for row in jobs}
        for item in self.open:
            if item.job in running:
                continue
            item.given_back = item.given_back or now - item.killed_at
            if item.lock in running.values() or item.lock not in locks:
                item.runs_again = now - item.killed_at


def campaign(
    workers: Workers,
    take_overs: TakeOvers,
    record: Path,
    add: Callable[[int], None],
    options: argparse.Namespace,
) -> tuple[int, int]:
    """Kills workers until that was done often enough; returns how often, and how many readers there are."""
    chance = random.Random(options.seed)
    kills, readers = 0, 0
    workers.start(options.workers)
    while kills < options.kills:
        if count_lines(record) >= readers - options.readers // 4:
            add(readers)
            readers += options.readers
        for stage in STAGES:
            defer(workers.store, stage, shards=SHARDS)
        time.sleep(chance.uniform(0.0, 2 * PAUSE))
        # Several may die before the first one's shard is taken over.
        busy = workers.busy()
        victims = chance.sample(sorted(busy), min(len(busy), chance.choice((1, 1, 2))))
        others = workers.count_watching() - len(victims)
        for name in victims:
            workers.kill(name)
            began = time.monotonic()
            take_overs.all += [
                TakeOver(job=job.id, lock=job.lock, killed_at=began, others=others)
                for job in busy[name]
            ]
            kills += 1
        workers.start(options.workers)
    return kills, readers


def finish(workers: Workers, options: argparse.Namespace) -> None:
    """Lets workers finish without kills."""
    workers.start(options.workers)
    for stage in STAGES:
        defer(workers.store, stage, shards=SHARDS)
        end = time.monotonic() + LAST_SECONDS
        while True:
            with workers.store.read() as tx:
                query = f"SELECT lock, status::text FROM {JOBS} WHERE status IN ('todo', 'doing')"
                left = tx.execute(text(query)).all()
            if not left:
                break
            if time.monotonic() > end:
                sys.exit(f"the workers do not finish: {left}")
            time.sleep(0.2)


def count_lines(record: Path) -> int:
    """Returns how many messages the sink has."""
    return record.read_bytes().count(b"\n") if record.exists() else 0


def compare(store: Store, record: Path, readers: int) -> dict[str, object]:
    """Compares the sink's record with the ledger."""
    received = Counter(line.split()[0] for line in lines(record))
    of_reader = select(address.c.email, edition.c.doubts, edition.c.state)
    with store.read() as tx:
        rows = tx.execute(of_reader.join_from(edition, subscription).join(address)).all()
    in_doubt = {row.email for row in rows if row.state is EditionState.IN_DOUBT}
    everyone = {reader(number) for number in range(readers)}
    return {
        "readers": readers,
        "editions": len(rows),
        "sent": sum(row.state is EditionState.SENT for row in rows),
        "held": len(in_doubt),
        "lost": len(everyone - received.keys() - in_doubt),
        "doubled": sum(received.values()) - len(received),
        "doubled_without_doubt": sum(max(0, received[row.email] - 1 - row.doubts) for row in rows),
    }


def shown(seconds: Iterable[float | None]) -> list[float]:
    """Returns the median and the largest of some times."""
    known = [item for item in seconds if item is not None]
    return [round(statistics.median(known), 2), round(max(known), 2)] if known else []


def main() -> None:
    """Prepares, kills, finishes, compares, prints."""
    # SIGTERM unwinds, so that no server and no worker is left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=4000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--in-doubt", choices=["resend", "hold"], default="resend")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as folder,
        database("postgresql") as url,
    ):
        home, record = Path(folder) / "home", Path(folder) / "received"
        with sink(record) as port:
            environ = environment(url, port) | {"DIGEST_IN_DOUBT": options.in_doubt}
            prepare(home, environ)

            def add(first: int) -> None:
                add_readers(home, environ, first, options.readers)

            began = datetime.now(UTC)
            with Store.open(url) as store:
                workers = Workers(home, environ, store)
                try:
                    with TakeOvers(store) as take_overs:
                        kills, readers = campaign(workers, take_overs, record, add, options)
                        finish(workers, options)
                finally:
                    workers.stop()
                found = compare(store, record, readers)
    found |= {
        "kills": kills,
        "not_taken_over": len(take_overs.open),
        "workers": options.workers,
        "in_doubt": options.in_doubt,
        "seconds": round((datetime.now(UTC) - began).total_seconds()),
        "killed_in": dict(Counter(item.lock.split()[0] for item in take_overs.all)),
        "given_back_seconds": shown(item.given_back for item in take_overs.all),
        "given_back_seconds_if_others_ran": shown(
            item.given_back for item in take_overs.all if item.others
        ),
        "publish_runs_again_seconds": shown(
            item.runs_again for item in take_overs.all if item.lock.startswith("publish")
        ),
    }
    print(json.dumps(found))
    if found["lost"] or found["doubled_without_doubt"] or found["not_taken_over"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
