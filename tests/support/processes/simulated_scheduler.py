"""A scheduler by a clock that a test sets: python simulated_scheduler.py HOME command|module.

The clock is the file `clock` in the home. What a real one waits for in seconds, this one
waits for in hundredths.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select

from digest.store.database.schema import edition
from digest.store.database.store import Store
from digest.store.reports import job_runs

JOBS = ("collect", "publish", "deliver", "tidy")
HOURLY = {
    "DIGEST_SCHEDULE": "0 * * * *",
    "DIGEST_SCHEDULE_DELIVER": "0 * * * *",
    "DIGEST_SCHEDULE_TIDY": "0 * * * *",
    "DIGEST_SCHEDULE_ZONE": "UTC",
}
LONG = 120.0  # seconds that no test waits for


class Simulated:
    """The process, and its clock."""

    def __init__(self, home: Path, url: str, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.url = url
        self.process = process

    def set_clock(self, moment: datetime) -> None:
        """It is this moment now."""
        set_clock(self.home, moment)

    def log(self) -> str:
        """What it said so far."""
        return (self.home / "log").read_text()

    def wait_for(self, text: str) -> None:
        """Until it says so."""
        self._wait(lambda: text in self.log())

    def wait_for_slot(self, moment: datetime) -> None:
        """Until all jobs of this moment are finished, and all messages settled."""
        self._wait(lambda: self._is_done(moment))

    def _is_done(self, moment: datetime) -> bool:
        with Store.open(self.url) as store, store.read() as tx:
            known = [run for job in JOBS for run in job_runs.runs_of_job(tx, job)]
            waiting = select(edition.c.id).where(edition.c.state.in_(["queued", "claimed"]))
            rest = tx.execute(waiting).first()
        of_slot = {run.job for run in known if run.slot == moment}
        return of_slot == set(JOBS) and all(run.finished_at for run in known) and rest is None

    def _wait(self, done: object) -> None:
        assert callable(done)
        until = time.monotonic() + LONG
        while not done():
            assert time.monotonic() < until, self.log()
            assert self.process.poll() is None, self.log()
            time.sleep(0.1)  # to look costs as much CPU as the scheduler needs for a job

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.terminate()
        return self.process.wait(LONG)


def set_clock(home: Path, moment: datetime) -> None:
    """For all schedulers over this home."""
    new = home / "clock.new"
    new.write_text(moment.isoformat())
    new.rename(home / "clock")


@contextmanager
def simulated(
    home: Path, environ: dict[str, str], *, at: datetime, url: str, way: str = "command"
) -> Iterator[Simulated]:
    """A scheduler in a process of its own; killed at the end if it still runs."""
    set_clock(home, at)
    with Store.open(url):  # made before two processes want it
        pass
    from support.processes.fork_server import fork_server  # not known to the process of `main`

    environ = {**environ, **HOURLY, "DIGEST_DATABASE_URL": url, "DIGEST_HOME": str(home)}
    with tempfile.TemporaryDirectory() as folder, (home / "log").open("ab") as log:
        if way == "command" and environ.get("PYTHONPATH") == os.environ.get("PYTHONPATH"):
            patch = f"from {__name__} import simulate; simulate({str(home)!r})"
            fork_server().install(Path(folder), patch=patch)
            start = [f"{folder}/digest", "schedule"]
        else:
            start = [sys.executable, __file__, str(home), way]
        process = subprocess.Popen(start, env=environ, stderr=log)
        try:
            yield Simulated(home, url, process)
        finally:
            process.kill()
            process.wait()


def simulate(home: str) -> None:
    """Gives the scheduler of this process the clock of the home, and short waits."""
    from digest.scheduler import scheduler, triggers
    from digest.store.database import connection

    clock = Path(home, "clock")
    connection.BUSY_TIMEOUT = 1
    triggers.RETRY_SECONDS = 0.2  # type: ignore[assignment]
    triggers.COLLECT_PATIENCE = float(os.environ.get("TEST_COLLECT_PATIENCE", LONG))
    cast("Any", scheduler).ABANDON_AFTER = float(os.environ.get("TEST_ABANDON_AFTER", LONG))
    real = scheduler.run_scheduler

    def serve(folder: Path, **jobs: Any) -> None:
        real(
            folder,
            **jobs,
            clock=lambda: datetime.fromisoformat(clock.read_text()),
            poll_seconds=0.05,
        )

    scheduler.run_scheduler = serve  # type: ignore[assignment]


def main() -> None:
    """One of the two programs, with another clock."""
    home, way = sys.argv[1:]
    simulate(home)
    if way == "module":
        sys.argv = ["jobs"]
        sys.exit(import_module("jobs.__main__").main())
    sys.argv = ["digest", "schedule"]
    from digest.cli import main as command

    command()


if __name__ == "__main__":
    main()
