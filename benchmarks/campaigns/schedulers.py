"""Do several schedulers over one database run each slot once, also when some are killed?

    python benchmarks/campaigns/schedulers.py [--days 10] [--hours 1] [--schedulers 4] [--kills 2]
        [--poll 1.0] [--database sqlite|postgresql|URL] [--seed N]

So many processes are started at once over one home. Their clock is a file, which this
program sets from slot to slot when all jobs of the last one have been run; new papers come
every simulated day. At random slots the scheduler at work gets SIGKILL in the middle of a job.
Prints one line of JSON; exits with 1 unless every slot was run once (one that was left
unfinished by a killed scheduler: finished by another), and every reader got every digest.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.common.ledger_setup import database
from benchmarks.common.smtp_sink import sink
from digest.core.models.delivery import EditionState
from digest.store.database.store import Store
from digest.store.reports import job_runs
from digest.store.reports.status import status

START = datetime(2026, 5, 10, 23, tzinfo=UTC)  # the last day of the clock before the first slot
WATCHED = ("collect", "deliver", "publish", "tidy")
IMPORTED = ("digest.api", "digest.scheduler.scheduler", "jobs.registry")  # by each scheduler
READERS = ("ada", "bob", "cyd")
PATIENCE = 120.0  # seconds for one slot: more is a fault, not slowness


def scheduler(home: Path, environ: dict[str, str]) -> None:
    """One scheduler, by the clock of the home; each job's begin and end is witnessed."""
    os.environ.clear()
    os.environ.update(environ)
    log = os.open(home / f"{os.getpid()}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    from digest.app.application import App
    from digest.pipeline.run_summary import RunSummary
    from digest.scheduler import job_runner
    from digest.scheduler.scheduler import run_scheduler
    from jobs.registry import FOLLOWERS, JOBS

    witness = os.open(home / "witness", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def witnessed(name: str, job: job_runner.Job) -> job_runner.Job:
        def run(app: App, now: datetime) -> RunSummary:
            os.write(witness, f"began {name} {now.isoformat()} {os.getpid()}\n".encode())
            done = job(app, now)
            os.write(witness, f"ended {name} {now.isoformat()} {os.getpid()}\n".encode())
            return done

        return run

    run_scheduler(
        home,
        jobs={name: witnessed(name, job) for name, job in JOBS.items()},
        followers=FOLLOWERS,
        clock=lambda: datetime.fromisoformat((home / "clock").read_text()),
        poll_seconds=float(os.environ["POLL_SECONDS"]),
    )


class Simulation:
    """The home, its clock and its schedulers."""

    def __init__(self, home: Path, store: Store, options: argparse.Namespace) -> None:
        self.home = home
        self.store = store
        self.options = options
        self.chance = random.Random(options.seed)
        self.processes: dict[int, BaseProcess] = {}
        self.slots: list[datetime] = []
        self.takeovers: list[float] = []  # seconds from the kill until another one is at work

    def build(self) -> None:
        """A home with readers and no papers."""
        for name in ("profiles", "papers"):
            (self.home / name).mkdir()
        (self.home / "sources.toml").write_text(
            '[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "papers"\n'
        )
        for name in READERS:
            (self.home / "profiles" / f"{name}.toml").write_text(
                f'email = "{name}@example.org"\nmin_match = 1\n'
                '[[topics]]\nname = "All"\nkeywords = ["paper"]\n'
            )
        self.set_clock(START)

    def set_clock(self, moment: datetime) -> None:
        """All schedulers see it at once."""
        new = self.home / "clock.new"
        new.write_text(moment.isoformat())
        new.rename(self.home / "clock")

    def start(self, environ: dict[str, str]) -> None:
        """All schedulers at once; what they import is imported once."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", *IMPORTED])
        for _ in range(self.options.schedulers):
            process = context.Process(target=scheduler, args=(self.home, environ))
            process.start()
            assert process.pid is not None
            (self.home / f"{process.pid}.log").touch()  # it may not have come so far
            self.processes[process.pid] = process

    def run(self) -> None:
        """From slot to slot."""
        hours = self.options.hours
        steps = self.options.days * 24 // hours
        deadly = set(self.chance.sample(range(1, steps), self.options.kills))
        first = START + timedelta(hours=1)
        for step in range(steps):
            slot = first + step * timedelta(hours=hours)
            if slot.hour == 0:
                self.new_papers(slot)
            self.slots.append(slot)
            worker = self.at_work()
            self.set_clock(slot)
            if step in deadly and worker is not None:
                self.wait(
                    partial(self.began, self.chance.choice(WATCHED), slot),
                    f"{slot}: not begun",
                    every=0.01,
                )
                time.sleep(self.chance.uniform(0, 0.01))
                self.kill(worker)
                killed = time.monotonic()
                self.wait(lambda: self.at_work() is not None, "nobody takes over")
                self.takeovers.append(time.monotonic() - killed)
            self.wait(partial(self.finished, slot), f"{slot}: not run")

    def new_papers(self, slot: datetime) -> None:
        """What the source has on this day."""
        lines = [
            json.dumps(
                {
                    "id": f"{slot:%d}-{number}",
                    "title": f"Paper {number} of {slot:%A} the {slot:%d}",
                    "abstract": f"This paper is about {slot:%d}-{number} and nothing else.",
                }
            )
            for number in range(5)
        ]
        new = self.home / "papers.new"
        new.write_text("\n".join(lines) + "\n")
        new.rename(self.home / "papers" / f"{slot:%Y-%m-%d}.jsonl")

    def at_work(self) -> int | None:
        """The process that says so."""
        for pid in self.processes:
            if "scheduler: at work" in (self.home / f"{pid}.log").read_text():
                return pid
        return None

    def began(self, job: str, slot: datetime) -> bool:
        """Whether the job of this slot is under way, or was."""
        witness = self.home / "witness"
        return witness.exists() and f"began {job} {slot.isoformat()}" in witness.read_text()

    def kill(self, pid: int) -> None:
        """As the kernel does when memory is short."""
        process = self.processes.pop(pid)
        os.kill(pid, signal.SIGKILL)
        process.join()

    def finished(self, slot: datetime) -> bool:
        """Whether all jobs of this slot were run, and all that was made was sent."""
        with self.store.read() as tx:
            of_slot = [
                job
                for job in WATCHED
                if any(r.slot == slot and r.finished_at for r in job_runs.runs_of_job(tx, job)[-8:])
            ]
            waiting = {EditionState.QUEUED, EditionState.CLAIMED} & status(tx, slot).editions.keys()
        return len(of_slot) == len(WATCHED) and not waiting

    def wait(self, done: Callable[[], bool], problem: str, *, every: float = 0.1) -> None:
        """Until it is done; that is long, and no wish about speed.

        Args:
            done: looks whether it is done. A look at the database costs as much CPU as a job.
            problem: what is wrong if it takes too long.
            every: seconds between two looks.
        """
        until = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > until:
                logs = "".join(path.read_text()[-2000:] for path in self.home.glob("*.log"))
                sys.exit(f"{problem}\n{logs}")
            time.sleep(every)

    def end(self) -> list[int | None]:
        """SIGTERM to all; their exit codes."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join()
        return [process.exitcode for process in self.processes.values()]


def compare(found: Simulation, received: Sequence[str]) -> dict[str, object]:
    """The database, the witness and the mail server's record against what should be."""
    witness = Counter(
        tuple(line.split()[:3]) for line in (found.home / "witness").read_text().splitlines()
    )
    wrong: list[str] = []
    taken_over = 0
    with found.store.read() as tx:
        for job in WATCHED:
            rows = Counter(
                run.slot for run in job_runs.runs_of_job(tx, job) if run.slot in found.slots
            )
            for run in job_runs.runs_of_job(tx, job):
                if run.slot not in found.slots:
                    continue
                taken_over += run.takeovers
                times = witness["ended", job, run.slot.isoformat()]
                follows = job in ("publish", "deliver")  # these run for others' work, too
                if not (1 <= times <= 1 + run.takeovers or (follows and times)):
                    wrong.append(f"{job} {run.slot}: ran {times} times")
                if run.finished_at is None or rows[run.slot] != 1:
                    wrong.append(f"{job} {run.slot}: {rows[run.slot]} rows, {run.outcome}")
            wrong += [f"{job} {slot}: never" for slot in found.slots if slot not in rows]
        editions = status(tx, START).editions
    expected = found.options.days * len(READERS)
    return {
        "slots": len(found.slots) * len(WATCHED),
        "wrong": wrong,
        "taken_over": taken_over,
        "digests": editions.get(EditionState.SENT, 0),
        "expected": expected,
        "lost": expected - len(set(received)),
        "doubled": len(received) - len(set(received)),
    }


def main() -> None:
    """Simulates, compares, prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--hours", type=int, default=1)
    parser.add_argument("--schedulers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--poll", type=float, default=1.0)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home = folder / "home"
        home.mkdir()
        url = stack.enter_context(database(options.database))
        port = stack.enter_context(sink(folder / "received"))
        store = stack.enter_context(Store.open(url))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")} | {
            "DIGEST_DATABASE_URL": url,
            "DIGEST_SMTP_HOST": "127.0.0.1",
            "DIGEST_SMTP_PORT": str(port),
            "DIGEST_SMTP_SECURITY": "none",
            "DIGEST_FROM": "digest@example.org",
            "DIGEST_ENRICH": "off",  # no service on the web is asked
            "DIGEST_SCHEDULE_ZONE": "UTC",
            "POLL_SECONDS": str(options.poll),
            **{f"DIGEST_SCHEDULE_{job.upper()}": f"0 */{options.hours} * * *" for job in WATCHED},
        }
        simulation = Simulation(home, store, options)
        simulation.build()
        began = time.monotonic()
        simulation.start(environ)
        try:
            simulation.run()
            codes = simulation.end()
        finally:
            for process in simulation.processes.values():
                process.kill()
        found = compare(simulation, (folder / "received").read_text().splitlines())
        found |= {
            "database": url.split(":", maxsplit=1)[0],
            "kills": options.kills,
            "codes": codes,
            "takeover_seconds": [round(seconds, 2) for seconds in simulation.takeovers],
            "seconds": round(time.monotonic() - began, 1),
        }
    print(json.dumps(found))
    right = not found["wrong"] and not found["lost"] and set(codes) == {0}
    if not right or int(str(found["doubled"])) > options.kills:
        sys.exit(1)


if __name__ == "__main__":
    main()
