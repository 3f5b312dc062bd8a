"""Does a killed worker lose digests, or double some that the ledger does not doubt?

    python benchmarks/campaigns/kill_workers.py [--readers 4000] [--kills 200] [--workers 4]
        [--in-doubt resend|hold] [--seed N]

Workers of `digest worker` make and send the digests of many readers, over PostgreSQL and an SMTP sink.
At random moments one of them gets SIGKILL, and a new one is started. Then the sink's record is compared
with the ledger: with `resend` a message may arrive more than once only as often as the ledger was in
doubt about it, with `hold` never. Between a kill and the moment when the dead worker holds no shard any
more is the time of the take-over. Prints one line of JSON; exits with 1 if a digest was lost, or doubled
without a doubt.
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
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, text

from benchmarks.campaigns.kill_delivery import lines
from benchmarks.common.ledger_setup import database
from benchmarks.common.smtp_sink import sink
from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, edition, subscription
from digest.store.database.store import Store
from digest.store.reports.worker_queue import QUEUE_SCHEMA
from digest.workers.job_queue import defer

SHARDS = 16

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


def prepare(home: Path, environ: dict[str, str], readers: int) -> None:
    """Makes a home with papers, and so many readers whose digests are due."""
    (home / "profiles").mkdir(parents=True)
    (home / "papers").mkdir()
    (home / "sources.toml").write_text(
        '[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "papers"\n', "utf-8"
    )
    (home / "shared.toml").write_text(PROFILE, "utf-8")
    table = home / "readers.csv"
    rows = (f"{reader(number)},shared.toml" for number in range(readers))
    table.write_text("\n".join(["email,profile", *rows]) + "\n", "utf-8")
    digest(home, environ, "subscribers", "import", str(table))
    papers = [
        {"title": f"Learning about proteins and galaxies, lecture {number}", "abstract": "Text."}
        for number in range(5)
    ]
    (home / "papers" / "day.jsonl").write_text("\n".join(map(json.dumps, papers)) + "\n", "utf-8")
    digest(home, environ, "collect")


def reader(number: int) -> str:
    """Returns the address of a reader."""
    return f"reader{number}@example.org"


class Workers:
    """The workers of the campaign; each is known by the number that the queue gave it."""

    def __init__(self, home: Path, environ: dict[str, str], store: Store) -> None:
        self._home, self._environ, self._store = home, environ, store
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Starts a worker and waits until it is in the queue's list."""
        before = self._newest()
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", "--home", str(self._home), "worker"],
            env=self._environ,
            stderr=subprocess.DEVNULL,
        )
        while (number := self._newest()) == before:
            time.sleep(0.02)
        self.running[number] = process

    def kill(self, number: int) -> float | None:
        """Kills a worker; returns the seconds until its shard was given to another one.

        None: it had no shard.
        """
        process = self.running.pop(number)
        had_shard = self._has_shard(number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        began = time.monotonic()
        if not had_shard or not self._has_shard(number):
            return None
        while self._has_shard(number):
            time.sleep(0.02)
        return time.monotonic() - began

    def stop(self) -> None:
        """Stops all workers."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait()

    def _newest(self) -> int:
        return self._ask(f"SELECT coalesce(max(id), 0) FROM {QUEUE_SCHEMA}.procrastinate_workers")

    def _has_shard(self, number: int) -> bool:
        jobs = f"{QUEUE_SCHEMA}.procrastinate_jobs"
        query = f"SELECT count(*) FROM {jobs} WHERE status = 'doing' AND worker_id = {number}"
        return self._ask(query) > 0

    def _ask(self, query: str) -> int:
        with self._store.read() as tx:
            return int(tx.execute(text(query)).scalar_one())


def campaign(
    workers: Workers, store: Store, record: Path, options: argparse.Namespace
) -> tuple[int, list[float]]:
    """Kills workers until that was done often enough or all is sent: how often, and take-overs."""
    chance = random.Random(options.seed)
    take_overs: list[float] = []
    kills = 0
    while kills < options.kills and len(lines(record)) < options.readers:
        defer(store, "publish", shards=SHARDS)
        defer(store, "deliver", shards=SHARDS)
        while len(workers.running) < options.workers:
            workers.start()
        time.sleep(chance.uniform(0.0, 2.0))
        seconds = workers.kill(chance.choice(sorted(workers.running)))
        kills += 1
        if seconds is not None:
            take_overs.append(seconds)
    return kills, take_overs


def finish(workers: Workers, store: Store, options: argparse.Namespace) -> None:
    """Lets workers finish without kills."""
    while len(workers.running) < options.workers:
        workers.start()
    for stage in ("publish", "deliver"):
        defer(store, stage, shards=SHARDS)
        while True:
            with store.read() as tx:
                jobs = f"{QUEUE_SCHEMA}.procrastinate_jobs"
                query = f"SELECT count(*) FROM {jobs} WHERE status IN ('todo', 'doing')"
                if not tx.execute(text(query)).scalar_one():
                    break
            time.sleep(0.2)


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


def main() -> None:
    """Prepares, kills, finishes, compares, prints."""
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
            environ = {
                **{name: value for name, value in os.environ.items() if "DIGEST_" not in name},
                "DIGEST_DATABASE_URL": url,
                "DIGEST_SMTP_HOST": "127.0.0.1",
                "DIGEST_SMTP_PORT": str(port),
                "DIGEST_SMTP_SECURITY": "none",
                "DIGEST_FROM": "digest@example.org",
                "DIGEST_ENRICH": "off",
                "DIGEST_IN_DOUBT": options.in_doubt,
                "DIGEST_WORKER_SHARDS": str(SHARDS),
            }
            prepare(home, environ, options.readers)
            began = datetime.now(UTC)
            with Store.open(url) as store:
                workers = Workers(home, environ, store)
                try:
                    kills, take_overs = campaign(workers, store, record, options)
                    finish(workers, store, options)
                finally:
                    workers.stop()
                found = compare(store, record, options.readers)
    found |= {
        "kills": kills,
        "kills_within_a_shard": len(take_overs),
        "workers": options.workers,
        "in_doubt": options.in_doubt,
        "seconds": round((datetime.now(UTC) - began).total_seconds()),
    }
    if take_overs:
        found |= {
            "take_over_seconds_median": round(statistics.median(take_overs), 1),
            "take_over_seconds_most": round(max(take_overs), 1),
        }
    print(json.dumps(found))
    if found["lost"] or found["doubled_without_doubt"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
