"""Real databases of older versions, in the shape in which those left them."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select, text, update
from support.builders import batch, paper
from support.schema_snapshot import picture

from digest.core.identity.diff import diff
from digest.core.models.delivery import EditionState
from digest.core.models.papers import AnnouncementKind
from digest.errors import StoreVersion
from digest.pipeline.publishing.publish import publish
from digest.store.database import metadata, schema
from digest.store.database.connection import parse
from digest.store.database.store import Store
from digest.store.editions import claims, ledger
from digest.store.maintenance.migrate import check, upgrade
from digest.store.papers import announcements
from digest.store.papers.lookup import known
from digest.store.subscribers import subscriptions

DUMPS = Path(__file__).resolve().parents[3] / "data" / "store"
LATER = datetime(2026, 5, 13, 6, 0, tzinfo=UTC)
COUNTS = {
    "address": 5,
    "announcement": 26,
    "batch": 2,
    "consent": 6,
    "edition": 5,
    "identifier": 0,
    "paper": 26,
    "revision": 26,
    "sighting": 32,
    "source": 1,
    "subscription": 5,
    "title": 26,
}


def load(url: str, revision: str) -> None:
    """Makes the database that a version left."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript((DUMPS / f"{revision}.sqlite.sql").read_text("utf-8"))
        connection.close()
        return
    engine = create_engine(parse(url))
    with engine.begin() as tx:
        driver: Any = tx.connection.driver_connection  # takes many statements at once
        driver.execute((DUMPS / f"{revision}.postgresql.sql").read_text("utf-8"))
    engine.dispose()


@pytest.fixture
def old(database_url: str) -> str:
    load(database_url, "0001")
    return database_url


def test_an_older_database_is_not_touched_until_somebody_says_so(old: str) -> None:
    assert check(old).state == "older"
    with pytest.raises(StoreVersion, match="digest db upgrade"):
        Store.open(old)
    assert check(old).current == "0001"


def test_an_older_database_becomes_what_a_new_one_is(old: str, tmp_path: Path) -> None:
    assert upgrade(old) == list(schema.REVISIONS[1:])
    new = f"sqlite:///{tmp_path}/new.db"
    if not old.startswith("sqlite"):
        new = f"{old}&options=-csearch_path%3Dother"
        with Store.open(old) as store, store.write() as tx:
            tx.execute(text("CREATE SCHEMA other"))
    with (
        Store.open(old) as store,
        store.read() as tx,
        Store.open(new) as fresh,
        fresh.read() as fresh_tx,
    ):
        assert picture(tx) == picture(fresh_tx)


def test_an_upgrade_keeps_every_row(old: str) -> None:
    upgrade(old)
    with Store.open(old) as store, store.read() as tx:
        kept = {
            name: len(tx.execute(select(schema.metadata.tables[name])).all()) for name in COUNTS
        }
        assert kept == COUNTS
        assert {item.email for item in subscriptions.live(tx)} >= {"ada@example.org"}
        gone = subscriptions.find_address(tx, "cy@example.org")
        assert gone is not None
        assert gone.status == "unsubscribed"


def test_what_an_older_version_had_queued_goes_out(old: str) -> None:
    upgrade(old)
    with Store.open(old) as store:
        with store.write() as tx:
            (waiting,) = claims.claim(tx, owner="me", now=LATER, limit=10)
            assert (waiting.edition_id, waiting.subscription.email) == (5, "di@example.org")
            assert all(entry.candidate.paper.abstract for entry in waiting.edition.entries)
            claims.put_back(tx, 5, owner="me", reason="only looked", now=LATER)
            sent = ledger.load(tx, 1)
        assert sent.state is EditionState.SENT
        assert sent.message_id.endswith("@example.org>")


def test_what_an_older_version_knew_is_not_announced_again(old: str) -> None:
    upgrade(old)
    with Store.open(old) as store:
        with store.read() as tx:
            seen = [item.paper for item in announcements.recent(tx, 100)]
            again = batch(*seen, paper("Something That Nobody Has Seen"), source="demo")
            found = diff(again.papers, known(tx, again.papers, now=LATER), source="demo")
        assert [item.kind for item in found.findings if item.kind] == [AnnouncementKind.NEW]
        assert len(found.findings) == 27


def test_nobody_gets_a_second_digest_of_a_day_because_of_an_upgrade(old: str) -> None:
    upgrade(old)
    with Store.open(old) as store:
        made = publish(store, now=LATER - timedelta(days=1), message_domain="example.org")
        assert [item.edition_id for item in made] == [None] * len(made)
        with store.read() as tx:
            assert len(metadata.message_key(tx)) == 32


def test_a_database_of_a_later_first_schema_is_given_only_what_it_lacks(database_url: str) -> None:
    with Store.open(database_url) as store, store.write() as tx:
        whole = picture(tx)
        tx.execute(text("ALTER TABLE edition DROP COLUMN released_at"))
        tx.execute(text("DROP TABLE suppression"))
        tx.execute(update(schema.alembic_version).values(version_num="0001"))
    upgrade(database_url)
    with Store.open(database_url) as store, store.read() as tx:
        assert picture(tx) == whole
