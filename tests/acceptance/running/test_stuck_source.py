"""A source that never answers stops neither digests, nor alerts, nor unsubscribing, nor SIGTERM."""

import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from support.homes import DigestHome, Mailbox
from support.processes.simulated_scheduler import LONG, Simulated, simulated

from digest.core.models.subscribers import AddressStatus
from digest.store.database.schema import address
from digest.store.database.store import Store
from digest.store.reports import job_runs

NOW = datetime(2026, 5, 11, 5, tzinfo=UTC)

MODULE = '''\
"""Sources that never answer."""

import time
from contextlib import suppress
from threading import Event

from digest.core.schedule.announcement_days import NO_CALENDAR
from digest.errors import InputError
from digest.sources.feeds.sandbox import run_in_sandbox


def spin(data):
    while data:
        time.sleep(0.01)  # leaves the processor to other tests; the sandbox limits elapsed time too
    return b""


class Hanging:
    calendar = NO_CALENDAR

    def __init__(self, name):
        self.name = name

    def fetch(self, cursor, *, now):
        Event().wait()
        yield


class Spinning(Hanging):
    def fetch(self, cursor, *, now):
        while True:
            with suppress(InputError):
                run_in_sandbox(spin, b"x", origin="spinning", seconds=5)
        yield


def hanging(*, name, options, context):
    return Hanging(name)


def spinning(*, name, options, context):
    return Spinning(name)
'''


@pytest.fixture(params=["hanging", "spinning"])
def stuck_home(
    request: pytest.FixtureRequest, digest_home: DigestHome, tmp_path: Path, samples: list[Path]
) -> DigestHome:
    """A home with a dump, and with a source that never answers."""
    package = tmp_path / "site"
    info = package / "stuck_papers-1.0.dist-info"
    info.mkdir(parents=True)
    (package / "stuck_papers.py").write_text(MODULE, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stuck-papers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[paper_digest.sources]\nhanging = stuck_papers:hanging\nspinning = stuck_papers:spinning\n"
    )
    sources = digest_home.path / "sources.toml"
    sources.write_text(
        sources.read_text("utf-8") + f'\n[[sources]]\nname = "stuck"\nkind = "{request.param}"\n',
        "utf-8",
    )
    path = [str(package), digest_home.whole_environ().get("PYTHONPATH", "")]
    digest_home.environ |= {
        "PYTHONPATH": ":".join(filter(None, path)),
        "DIGEST_OPERATOR": "operator@example.org",
        # So long that the dump is read before on a loaded machine: `publish` runs once in an hour.
        "TEST_COLLECT_PATIENCE": "10",
    }
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    return digest_home


def wait_until(scheduler: Simulated, done: Callable[[], bool]) -> None:
    until = time.monotonic() + LONG
    while not done():
        assert scheduler.process.poll() is None, scheduler.log()
        assert time.monotonic() < until, scheduler.log()
        time.sleep(0.1)


def finished(url: str, moment: datetime) -> set[str]:
    """The jobs whose slot of this moment was run and has ended."""
    with Store.open(url) as store, store.read() as tx:
        return {
            job
            for job in ("collect", "publish", "deliver", "tidy", "attend")
            for run in job_runs.runs_of_job(tx, job)
            if run.slot == moment and run.finished_at
        }


def wait_until_done(scheduler: Simulated, url: str, moment: datetime) -> None:
    """Waits until all jobs of this moment but `collect` have ended."""
    wait_until(scheduler, lambda: finished(url, moment) >= {"publish", "deliver", "tidy"})


def has_mail(mailbox: Mailbox, name: str) -> bool:
    return any(message.recipients[0].startswith(name) for message in mailbox.received)


def test_everything_else_goes_on_while_a_source_is_stuck(
    stuck_home: DigestHome, mailbox: Mailbox
) -> None:
    url = f"sqlite:///{stuck_home.path}/digest.db"
    with socket.create_server(("127.0.0.1", 0)) as server:
        listen = f"127.0.0.1:{server.getsockname()[1]}"
    environ = {
        **stuck_home.whole_environ(),
        "DIGEST_SCHEDULE_LISTEN": listen,
        "DIGEST_BASE_URL": f"http://{listen}",
        "DIGEST_SECRET": "a-key-of-more-than-thirty-two-letters",
    }
    with simulated(stuck_home.path, environ, at=NOW, url=url) as scheduler:
        wait_until(scheduler, lambda: has_mail(mailbox, "ada"))
        # The page that ends the subscription works.
        link = re.search(rf"http://{listen}(/u/\S+)", mailbox.texts()[0])
        assert link is not None
        answer = httpx.post(
            f"http://{listen}{link[1]}", data={"List-Unsubscribe": "One-Click"}, timeout=120
        )
        assert answer.status_code == 200
        with Store.open(url) as store, store.read() as tx:
            status = tx.execute(select(address.c.status)).scalar_one()
        assert status is AddressStatus.UNSUBSCRIBED
        # The other jobs run in the next hours too, and the operator hears about the stuck one.
        for hours in (1, 2, 3):
            later = NOW + timedelta(hours=hours)
            scheduler.set_clock(later)
            wait_until_done(scheduler, url, later)
        wait_until(scheduler, lambda: has_mail(mailbox, "operator"))
        assert "collect: has not ended since" in mailbox.texts()[-1]
        assert "collect" not in finished(url, NOW)
        scheduler.process.terminate()
        scheduler.process.wait(LONG)
        assert "ended before its work was done" in scheduler.log()


@pytest.mark.parametrize("stuck_home", ["hanging"], indirect=True)
def test_a_scheduler_that_lost_its_lock_does_not_wait_for_a_stuck_source(
    stuck_home: DigestHome, mailbox: Mailbox
) -> None:
    url = f"sqlite:///{stuck_home.path}/digest.db"
    environ = {**stuck_home.whole_environ(), "TEST_ABANDON_AFTER": "0.2"}
    with simulated(stuck_home.path, environ, at=NOW, url=url) as scheduler:
        wait_until(scheduler, lambda: bool(mailbox.received))
        (stuck_home.path / "digest.db.scheduler").unlink()  # a lock that nobody else sees is lost
        scheduler.wait_for("a job does not end")
        later = NOW + timedelta(hours=1)
        scheduler.set_clock(later)
        wait_until_done(scheduler, url, later)
        scheduler.process.terminate()
        scheduler.process.wait(LONG)
        assert "ended before its work was done" in scheduler.log()
