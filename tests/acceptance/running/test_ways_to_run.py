"""The scheduler, `digest run` and the single commands leave the same ledger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from support.homes import SAMPLES, DigestHome, Mailbox
from support.processes.simulated_scheduler import simulated

from digest.demo.server import mail_server
from digest.store.archive import shown_papers
from digest.store.database.schema import edition, subscription
from digest.store.database.store import Store

FIRST = datetime(2026, 5, 11, 5, tzinfo=UTC)  # a Monday
MOMENTS = [FIRST + timedelta(hours=hours) for hours in (0, 2, 24, 26, 48, 50, 72)]


def build(digest_home: DigestHome) -> None:
    """Writes three profiles with different times and days."""
    digest_home.profile("ada")
    for name, line in (("bob", 'send_at = "06:30"'), ("cyd", 'days = ["tue", "thu"]')):
        path = digest_home.profile(name)
        path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")


def at_each_moment(
    digest_home: DigestHome, samples: list[Path], run: Callable[[datetime], None]
) -> None:
    """Runs at each moment; a dump arrives on the first and on the second morning."""
    for number, moment in enumerate(MOMENTS):
        if number in (0, 2):
            digest_home.dump(samples[number // 2])
        run(moment)


def ledger(digest_home: DigestHome) -> list[Any]:
    """Returns who got which papers on which day, and the state of each edition."""
    with Store.open(f"sqlite:///{digest_home.path}/digest.db") as store, store.read() as tx:
        rows = tx.execute(
            select(
                subscription.c.name,
                edition.c.local_date,
                edition.c.composed_at,
                edition.c.state,
                edition.c.attempts,
                edition.c.id,
            ).join_from(edition, subscription)
        ).all()
        editions = []
        for *values, number in rows:
            papers = shown_papers.newest_editions(tx, number, number)
            editions.append((*values, sorted(papers)))
    return sorted(editions, key=str)


def by_run(digest_home: DigestHome, samples: list[Path]) -> None:
    def run(moment: datetime) -> None:
        digest_home.digest("run", "--now", moment.isoformat())

    at_each_moment(digest_home, samples, run)


def by_commands(digest_home: DigestHome, samples: list[Path]) -> None:
    def run(moment: datetime) -> None:
        for command in ("collect", "publish", "deliver"):
            digest_home.digest(command, "--now", moment.isoformat())

    at_each_moment(digest_home, samples, run)


def by_scheduler(digest_home: DigestHome, samples: list[Path], way: str) -> None:
    before = FIRST - timedelta(hours=1)
    url = f"sqlite:///{digest_home.path}/digest.db"
    with simulated(
        digest_home.path, digest_home.whole_environ(), at=before, url=url, way=way
    ) as scheduler:

        def run(moment: datetime) -> None:
            scheduler.set_clock(moment)
            scheduler.wait_for_slot(moment)

        at_each_moment(digest_home, samples, run)
        assert scheduler.stop() == 0, scheduler.log()


def made(path: Path, mailbox: Mailbox) -> DigestHome:
    """A home with the three readers, whose mail goes to `mailbox`."""
    for folder in ("profiles", "dumps"):
        (path / folder).mkdir(parents=True)
    (path / "sources.toml").write_text(
        '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
    )
    digest_home = DigestHome(path, environ=mailbox.environ)
    build(digest_home)
    return digest_home


@pytest.fixture(scope="module")
def ledger_of_run(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The ledger that `digest run` leaves, each of whose editions was sent."""
    mailbox = Mailbox()
    with mail_server(mailbox.take) as mailbox.port:
        digest_home = made(tmp_path_factory.mktemp("by_run") / "home", mailbox)
        by_run(digest_home, sorted(SAMPLES.glob("*.txt")))
    left = ledger(digest_home)
    assert len(mailbox.received) == len(left)
    return left


@pytest.mark.parametrize("way", ["commands", "command", "module"])
def test_every_way_to_run_leaves_the_same_ledger(
    tmp_path: Path, mailbox: Mailbox, samples: list[Path], way: str, ledger_of_run: list[Any]
) -> None:
    digest_home = made(tmp_path / "home", mailbox)
    if way == "commands":
        by_commands(digest_home, samples)
    else:
        by_scheduler(digest_home, samples, way)
    assert ledger(digest_home) == ledger_of_run
    assert {row[0] for row in ledger_of_run} == {"ada", "bob", "cyd"}
    assert {str(row[3]) for row in ledger_of_run} == {"sent"}
    assert len(mailbox.received) == len(ledger_of_run)
