"""The scheduler, `digest run` and the single commands leave the same ledger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from support.homes import House, Mailbox
from support.processes.simulated_scheduler import simulated

from digest.store.database.schema import edition, edition_paper, subscription
from digest.store.database.store import Store

FIRST = datetime(2026, 5, 11, 5, tzinfo=UTC)  # a Monday
MOMENTS = [FIRST + timedelta(hours=hours) for hours in (0, 2, 24, 26, 48, 50, 72)]


def build(house: House) -> None:
    """Writes three profiles with different times and days."""
    house.profile("ada")
    for name, line in (("bob", 'send_at = "06:30"'), ("cyd", 'days = ["tue", "thu"]')):
        path = house.profile(name)
        path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")


def at_each_moment(house: House, samples: list[Path], run: Callable[[datetime], None]) -> None:
    """Runs at each moment; a dump arrives on the first and on the second morning."""
    for number, moment in enumerate(MOMENTS):
        if number in (0, 2):
            house.dump(samples[number // 2])
        run(moment)


def ledger(house: House) -> list[Any]:
    """Returns who got which papers on which day, and the state of each edition."""
    with Store.open(f"sqlite:///{house.path}/digest.db") as store, store.read() as tx:
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
            papers = select(edition_paper.c.paper_id).where(edition_paper.c.edition_id == number)
            editions.append((*values, sorted(tx.execute(papers).scalars())))
    return sorted(editions, key=str)


def by_run(house: House, samples: list[Path]) -> None:
    def run(moment: datetime) -> None:
        house.digest("run", "--now", moment.isoformat())

    at_each_moment(house, samples, run)


def by_commands(house: House, samples: list[Path]) -> None:
    def run(moment: datetime) -> None:
        for command in ("collect", "publish", "deliver"):
            house.digest(command, "--now", moment.isoformat())

    at_each_moment(house, samples, run)


def by_scheduler(house: House, samples: list[Path], way: str) -> None:
    before = FIRST - timedelta(hours=1)
    url = f"sqlite:///{house.path}/digest.db"
    with simulated(house.path, house.whole_environ(), at=before, url=url, way=way) as scheduler:

        def run(moment: datetime) -> None:
            scheduler.set_clock(moment)
            scheduler.wait_for_slot(moment)

        at_each_moment(house, samples, run)
        assert scheduler.stop() == 0, scheduler.log()


@pytest.mark.parametrize("way", ["commands", "command", "module"])
def test_every_way_to_run_leaves_the_same_ledger(
    tmp_path: Path, mailbox: Mailbox, samples: list[Path], way: str
) -> None:
    houses = []
    for name in ("one", "other"):
        path = tmp_path / name
        for folder in ("profiles", "dumps"):
            (path / folder).mkdir(parents=True)
        (path / "sources.toml").write_text(
            '[[sources]]\nname = "dumps"\nkind = "dump"\npath = "dumps"\n', "utf-8"
        )
        houses.append(House(path, environ=mailbox.environ))
        build(houses[-1])
    by_run(houses[0], samples)
    if way == "commands":
        by_commands(houses[1], samples)
    else:
        by_scheduler(houses[1], samples, way)
    first = ledger(houses[0])
    assert ledger(houses[1]) == first
    assert {row[0] for row in first} == {"ada", "bob", "cyd"}
    assert {str(row[3]) for row in first} == {"sent"}
    messages = [message.recipients for message in mailbox.received]
    assert len(messages) == 2 * len(first)
