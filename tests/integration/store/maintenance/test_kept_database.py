"""A database from an earlier version is upgraded and can be read."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from support.builders import batch, paper
from support.schema_snapshot import picture

from digest.config.profiles.loader import parse
from digest.core.identity.diff import diff
from digest.core.models.delivery import EditionState, PackedEdition
from digest.core.models.papers import AnnouncementKind
from digest.errors import StoreVersion
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.publish import publish
from digest.store.archive import shown_papers
from digest.store.database import metadata, schema
from digest.store.database.store import Store
from digest.store.editions import claims, ledger
from digest.store.editions.shown_editions import ShownEditions
from digest.store.maintenance.backup import backup
from digest.store.maintenance.migrate import SchemaState, check, upgrade
from digest.store.maintenance.restore import restore
from digest.store.papers import announcements
from digest.store.papers.lookup import find_known_papers
from digest.store.subscribers import profiles, subscriptions

DUMP = Path(__file__).resolve().parents[3] / "data" / "store" / "0002.sqlite.sql"
LATER = datetime(2026, 5, 13, 6, 0, tzinfo=UTC)
COUNTS = {
    "address": 5,
    "announcement": 26,
    "batch": 2,
    "bounce": 0,
    "consent": 7,
    "edition": 7,
    "identifier": 0,
    "job_runs": 3,
    "paper": 26,
    "revision": 26,
    "shown_papers": 7,
    "sighting": 32,
    "source": 1,
    "subscription": 5,
    "suppression": 0,
    "title": 26,
}


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """Returns the kept database with the schema of its time."""
    file = tmp_path / "kept.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    connection.close()
    return f"sqlite:///{file}"


@pytest.fixture
def upgraded(kept: str) -> str:
    assert upgrade(kept) == list(schema.REVISIONS[1:])
    return kept


def rows(store: Store) -> dict[str, int]:
    with store.read() as tx:
        return {
            name: tx.execute(
                select(func.count()).select_from(schema.metadata.tables[name])
            ).scalar_one()
            for name in COUNTS
        }


def test_a_kept_database_is_upgraded_once(kept: str) -> None:
    assert check(kept) == SchemaState(current="0002", head=schema.HEAD, state="older")
    with pytest.raises(StoreVersion, match="run `digest db upgrade`; nothing was changed"):
        Store.open(kept)
    assert upgrade(kept) == list(schema.REVISIONS[1:])
    assert upgrade(kept) == []
    assert check(kept).state == "current"


def test_a_kept_database_has_the_schema_of_a_new_one(upgraded: str, tmp_path: Path) -> None:
    with (
        Store.open(upgraded) as store,
        store.read() as tx,
        Store.open(f"sqlite:///{tmp_path}/new.db") as new,
        new.read() as new_tx,
    ):
        assert picture(tx) == picture(new_tx)


def test_every_row_of_a_kept_database_is_read(upgraded: str) -> None:
    with Store.open(upgraded) as store:
        assert rows(store) == COUNTS
        with store.read() as tx:
            assert {item.email for item in subscriptions.live_subscriptions(tx)} >= {
                "bo@example.org"
            }
            gone = subscriptions.find_address(tx, "cy@example.org")
            assert gone is not None
            assert gone.status == "unsubscribed"


def test_every_paper_that_a_digest_showed_is_known_as_shown(kept: str) -> None:
    with sqlite3.connect(kept.removeprefix("sqlite:///")) as connection:
        before = set(connection.execute("SELECT subscription_id, paper_id FROM edition_paper"))
    connection.close()
    assert len(before) == 65
    upgrade(kept)
    numbers, papers = {pair[0] for pair in before}, {pair[1] for pair in before}
    with Store.open(kept) as store, store.read() as tx:
        assert shown_papers.shown_to(tx, numbers, papers) == before


def test_every_profile_of_a_kept_database_is_kept_as_it_was_written(kept: str) -> None:
    with sqlite3.connect(kept.removeprefix("sqlite:///")) as connection:
        before = dict(connection.execute("SELECT id, profile_text FROM subscription"))
    connection.close()
    upgrade(kept)
    with Store.open(kept) as store:
        assert stored_profiles.compile_outdated(store) == len(set(before.values()))
        with store.read() as tx:
            live = subscriptions.live_subscriptions(tx)
            assert {item.subscription_id: profiles.text_of(tx, item) for item in live} == {
                item.subscription_id: before[item.subscription_id] for item in live
            }
            assert len(live) >= 3
            for item in live:
                parsed = parse(before[item.subscription_id], file=item.name).profile
                assert stored_profiles.profile_of(tx, item, file=item.name) == parsed


def test_a_queued_edition_of_a_kept_database_is_claimed_whole(upgraded: str) -> None:
    with Store.open(upgraded) as store:
        with store.write() as tx:
            (waiting,) = claims.claim(tx, owner="me", now=LATER, limit=10)
            assert (waiting.edition_id, waiting.subscription.email) == (8, "di@example.org")
            claims.requeue(tx, 8, owner="me", reason="only looked", now=LATER)
            sent = ledger.load(tx, 1)
        assert isinstance(waiting.edition, PackedEdition)
        shown = ShownEditions(store).shown(waiting.edition)
        assert all(entry.paper.abstract for _, entries in shown.sections for entry in entries)
        assert sent.state is EditionState.SENT
        assert sent.message_id.endswith("@example.org>")


def test_papers_of_a_kept_database_are_not_announced_again(upgraded: str) -> None:
    with Store.open(upgraded) as store:
        with store.read() as tx:
            seen = [item.paper for item in announcements.newest_papers(tx, 100)]
            again = batch(*seen, paper("Something That Nobody Has Seen"), source="dumps")
            found = diff(
                again.papers, find_known_papers(tx, again.papers, now=LATER), source="dumps"
            )
        assert [item.kind for item in found.findings if item.kind] == [AnnouncementKind.NEW]
        assert len(found.findings) == 27


def test_a_kept_database_gives_no_second_digest_of_a_day(upgraded: str) -> None:
    with Store.open(upgraded) as store:
        made = publish(store, now=LATER - timedelta(days=1), message_domain="example.org")
        assert [item.edition_id for item in made] == [None] * len(made)
        with store.read() as tx:
            assert len(metadata.message_key(tx)) == 32


def test_a_kept_database_is_moved_to_either_kind_of_database(
    kept: str, database_url: str, tmp_path: Path
) -> None:
    backup(kept, tmp_path / "backup.db", now=LATER)
    done = restore(database_url, tmp_path / "backup.db", now=LATER)
    assert done.upgraded == schema.REVISIONS[1:]
    with Store.open(database_url) as store:
        assert rows(store) == COUNTS
