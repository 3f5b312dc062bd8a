"""Backup and restore of SQLite and PostgreSQL databases."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from support.builders import NOW, batch
from support.smtp.transports import FakeTransport, timeless
from support.speed.databases import fill_alike, postgres_database
from support.speed.long_tests import LONG
from support.subscribers import start_subscription

from benchmarks.common.ledger_setup import fill, short_message
from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.models.delivery import EditionState
from digest.core.models.papers import Paper
from digest.core.models.subscribers import AddressStatus
from digest.core.schedule.announcement_days import AnnouncementCalendar
from digest.errors import InputError, StoreError, UsageError
from digest.pipeline.collect import collect
from digest.pipeline.delivery.deliver import DeliveryOptions, deliver
from digest.pipeline.publishing.publish import publish
from digest.store.database import metadata, schema
from digest.store.database.store import Store
from digest.store.editions import claims, ledger, recovery
from digest.store.locks import delivery_lock
from digest.store.maintenance import migrate
from digest.store.maintenance.backup import backup, delete_oldest, timestamped_path, verify
from digest.store.maintenance.copy_rows import last_id
from digest.store.maintenance.restore import restore
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions

OWLS = "Studying Owls That Hunt by Night"
LATER = NOW + timedelta(days=7)
PROFILE = """\
email = "ada@example.org"
min_match = 1
trending = 0
[[topics]]
name = "Anything"
keywords = ["stud*"]
"""


class Shown:
    """A source that returns fixed papers."""

    name = "dumps"
    calendar = AnnouncementCalendar()

    def __init__(self, *papers: Paper | str) -> None:
        self.papers = papers

    def fetch(self, cursor: object, *, now: object) -> Iterator[SourceRead]:
        del cursor, now
        new_batch: Batch = batch(*self.papers, source=self.name)
        yield SourceRead(
            origin="there", batch=new_batch, problem=None, cursor={"n": len(self.papers)}
        )


@pytest.fixture
def url(database_url: str, store: Store) -> str:
    """A database with papers, readers, a sent digest and a waiting one."""
    fill_alike(database_url, __name__, partial(give_history, store))
    return database_url


def give_history(store: Store) -> None:
    collect(store, [Shown("A Study of Storks", "A Study of Crows")], now=NOW)
    for name in ("ada", "bo", "cy"):
        with store.write() as tx:
            start_subscription(
                tx,
                f"{name}@example.org",
                name="lab",
                profile_text=PROFILE.replace("ada@", f"{name}@"),
                detail="asked for it — “yes”",
            )
    publish(store, now=NOW, message_domain="example.org", only="ada@example.org")
    send(store)
    publish(store, now=NOW, message_domain="example.org", only="bo@example.org")


def send(store: Store, *, days: float = 0) -> list[str]:
    """Delivers the queued editions; returns the recipients."""
    transport = FakeTransport()
    deliver(
        store,
        connect=transport.connect,
        write=short_message,
        now=NOW + timedelta(days=days),
        time=timeless(),
    )
    return transport.to


def contents(store: Store) -> dict[str, list[Any]]:
    with store.read() as tx:
        return {
            table.name: sorted(map(tuple, tx.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }


def test_a_backup_is_a_private_sqlite_file_of_the_same_rows(
    url: str, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    info = backup(url, file, now=NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*kept.db*")] == ["kept.db"]
    assert dict(verify(file).rows) == {**info.rows, "meta": info.rows["meta"] + 1}
    before = contents(store)
    with Store.open(f"sqlite:///{file}") as copy:
        after = contents(copy)
    assert before.pop("meta") == [row for row in after.pop("meta") if row[0] != "backup"]
    assert after == before


def test_a_backup_does_not_contain_deleted_rows_that_free_pages_still_hold(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/digest.db"
    with Store.open(url) as store:
        with store.write() as tx:
            for n in range(200):
                tx.execute(insert(schema.meta), {"key": f"k{n}", "value": f"ada@{n} " + "x" * 500})
        with store.write() as tx:
            tx.exec_driver_sql("PRAGMA secure_delete = 0")
            tx.execute(schema.meta.delete().where(schema.meta.c.key.like("k%")))
    assert b"ada@" in (tmp_path / "digest.db").read_bytes()
    file = backup(url, tmp_path / "kept.db", now=NOW).file
    assert b"ada@" not in file.read_bytes()
    assert [path.name for path in tmp_path.glob("*kept.db*")] == ["kept.db"]


def test_a_file_that_is_there_is_replaced_only_on_demand(url: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    file.write_text("something else")
    with pytest.raises(UsageError, match="--force"):
        backup(url, file, now=NOW)
    assert file.read_text() == "something else"
    assert backup(url, file, now=NOW, force=True).taken_at == NOW
    assert verify(file).taken_at == NOW


def test_a_folder_keeps_the_newest_backups_and_nothing_else_is_removed(
    url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "digest-of-mine.db").touch()
    for day in range(5):
        now = NOW + timedelta(days=day)
        delete_oldest(backup(url, timestamped_path(folder, now), now=now).file, keep=2)
    assert sorted(path.name for path in folder.iterdir()) == [
        "digest-20260514-060000.db",
        "digest-20260515-060000.db",
        "digest-of-mine.db",
    ]


def test_keep_never_deletes_a_file_that_the_command_did_not_make(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "digest-2025-notes.db").write_text("the operator's own file")
    (folder / "digest-20200101-000000.db").write_text("not a database")
    (folder / "digest-20200102-000000.db").mkdir()
    plain = folder / "digest-20200103-000000.db"
    backup(url, plain, now=NOW)
    with closing(sqlite3.connect(plain)) as copy:  # a live database with the name of a backup
        copy.execute("DELETE FROM meta WHERE key = 'backup'")
        copy.commit()
    backup(url, folder / "digest-20200104-000000.db", now=NOW)  # the operator chose the name
    other_url = f"sqlite:///{tmp_path}/other.db"
    Store.open(other_url).close()
    past = NOW - timedelta(days=300)
    other = backup(other_url, timestamped_path(folder, past), now=past).file
    outside = backup(url, tmp_path / "digest-20250101-000000.db", now=past).file
    (folder / outside.name).symlink_to(outside)
    foreign = {path.name for path in folder.iterdir()}
    own = [
        backup(url, timestamped_path(folder, now), now=now).file
        for now in (NOW, NOW + timedelta(days=1))
    ]
    deleted = delete_oldest(own[-1], keep=1)
    assert deleted.removed == own[:1]
    assert {path.name for path in folder.iterdir()} == foreign | {own[1].name}
    reasons = {path.name: reason for path, reason in deleted.skipped}
    assert reasons.keys() == foreign
    assert "another database" in reasons[other.name]
    assert "without the mark" in reasons[plain.name]


def test_keep_never_deletes_the_backup_that_was_just_made(url: str, tmp_path: Path) -> None:
    later = backup(url, timestamped_path(tmp_path, LATER), now=LATER).file
    now = backup(url, timestamped_path(tmp_path, NOW), now=NOW).file  # the clock went back
    assert delete_oldest(now, keep=1).removed == []
    assert sorted(tmp_path.glob("digest-*.db")) == [now, later]


def test_a_database_that_is_not_there_is_not_made_by_a_backup(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database yet"):
        backup(f"sqlite:///{tmp_path}/absent.db", tmp_path / "kept.db", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_messages_go_out_while_a_backup_is_made(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    count = 2000 if LONG else 400
    fill(store, count)
    began, half = threading.Event(), threading.Event()

    def on_send(number: int) -> None:
        if number == count // 10:
            began.set()
        if number == count // 2:
            half.wait(120)  # for at least one whole backup

    transport = FakeTransport(on_send=on_send)

    def go() -> None:
        deliver(
            store,
            connect=transport.connect,
            write=short_message,
            now=NOW,
            time=timeless(),
            options=DeliveryOptions(connections=4),
        )

    thread = threading.Thread(target=go)
    thread.start()
    began.wait(120)
    counted = []
    for number in range(5):
        file = tmp_path / f"kept{number}.db"
        before = len(transport.to)
        backup(database_url, file, now=NOW)
        half.set()
        with Store.open(f"sqlite:///{file}") as copy, copy.read() as tx:
            by_state = select(schema.edition.c.state, func.count()).group_by(schema.edition.c.state)
            states: dict[EditionState, int] = {row[0]: row[1] for row in tx.execute(by_state)}
        counted.append(states.get(EditionState.SENT, 0))
        assert sum(states.values()) == count
        # Each of the four connections commits an outcome before it sends its next message.
        assert before - 5 <= states.get(EditionState.SENT, 0) <= len(transport.to)
    thread.join()
    assert counted == sorted(counted)
    assert (len(transport.to), len(set(transport.to))) == (count, count)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Another empty database, on SQLite or PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/elsewhere.db"
        return
    server: str = request.getfixturevalue("postgres_url")
    with postgres_database(server, with_tables=False) as url:
        yield url


def test_a_store_moves_to_another_database_as_it_is(
    url: str, store: Store, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    backup(url, file, now=NOW)
    restore(elsewhere, file, now=NOW, as_is=True)
    with Store.open(elsewhere) as moved:
        assert contents(moved) == contents(store)
        assert moved.instance_id == store.instance_id
        assert send(moved) == ["bo@example.org"]
        publish(moved, now=NOW, message_domain="example.org")
        assert send(moved) == ["cy@example.org"]
        with moved.read() as tx:
            assert ledger.load(tx, 3).subscription.email == "cy@example.org"


def test_a_record_that_refers_to_a_later_one_is_restored(
    url: str, store: Store, elsewhere: str, tmp_path: Path
) -> None:
    with store.write() as tx:
        tx.execute(update(schema.paper).where(schema.paper.c.id == 1).values(merged_into=2))
    backup(url, tmp_path / "kept.db", now=NOW)
    restore(elsewhere, tmp_path / "kept.db", now=NOW, as_is=True)
    with Store.open(elsewhere) as moved:
        assert contents(moved) == contents(store)


def test_a_restored_backup_sends_nothing_that_may_have_been_sent_since(
    url: str, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    backup(url, file, now=NOW)
    done = restore(elsewhere, file, now=LATER)
    assert (done.held, done.muted_sources) == (1, ("dumps",))
    with Store.open(elsewhere) as back, back.read() as tx:
        read = tx.execute(select(schema.subscription.c.read_through)).scalars()
        assert set(read) == {announcements.last_seq(tx)}, "nothing stored is announced again"
    week = ("A Study of Storks", "How Gulls Steal: Studied in Harbours", "Terns, Tides and Studies")
    with Store.open(elsewhere) as back:
        (report,) = collect(back, [Shown(*week)], now=LATER)
        assert (report.papers, report.new) == (3, 0)  # stored as known, and never announced
        publish(back, now=LATER, message_domain="example.org")
        assert send(back, days=7) == []
        (report,) = collect(back, [Shown(*week, OWLS)], now=LATER)
        assert report.new == 1
        publish(back, now=LATER + timedelta(days=1), message_domain="example.org")
        assert len(send(back, days=8)) == 3
        with back.read() as tx:
            of_reader = schema.edition.c.subscription_id == 2
            newest = select(func.max(schema.edition.c.id)).where(of_reader)
            last = ledger.load(tx, tx.execute(newest).scalar_one())
            titles = [entry.candidate.paper.title for entry in last.edition.entries]
        assert titles == [OWLS]


def test_waiting_editions_are_held_for_the_operator(
    url: str, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "kept.db"
    backup(url, file, now=NOW)
    restore(elsewhere, file, now=NOW)
    with Store.open(elsewhere) as back:
        assert send(back, days=1) == []
        with back.write() as tx:
            (held,) = recovery.held_editions(tx)
            assert held.reason == (
                "restored from a backup of 2026-05-11 06:00 UTC: it may have been sent since"
            )
            recovery.apply_decision(tx, [held.edition_id], send=True, now=NOW)
        assert send(back) == ["bo@example.org"]


def test_a_muted_source_that_fails_stays_muted_until_it_was_read(
    url: str, elsewhere: str, tmp_path: Path
) -> None:
    backup(url, tmp_path / "kept.db", now=NOW)
    restore(elsewhere, tmp_path / "kept.db", now=LATER)

    class Broken(Shown):
        def fetch(self, cursor: object, *, now: object) -> Iterator[SourceRead]:
            del cursor, now
            problem = Rejection(reason="no network")
            yield SourceRead(origin="there", batch=None, problem=problem, cursor={})

    with Store.open(elsewhere) as back:
        collect(back, [Broken()], now=LATER)
        (report,) = collect(back, [Shown("A Study of Gulls")], now=LATER)
        assert report.new == 0


def test_ids_in_signed_links_are_not_used_twice(
    url: str, store: Store, elsewhere: str, tmp_path: Path
) -> None:
    with store.write() as tx:  # delete the rows with the last ids
        tx.execute(schema.shown_papers.delete())
        tx.execute(schema.edition.delete())
        last = {table.name: last_id(tx, table) for table in (schema.edition, schema.address)}
    backup(url, tmp_path / "kept.db", now=NOW)
    for as_is in (True, False):
        restore(elsewhere, tmp_path / "kept.db", now=NOW, as_is=as_is, replace=not as_is)
        with Store.open(elsewhere) as back, back.write() as tx:
            for table in (schema.edition, schema.address):
                least = last[table.name] + (0 if as_is else 1_000_000)
                assert last_id(tx, table) == least
            number = start_subscription(tx, "di@example.org", name="lab", profile_text=PROFILE)
            assert number == 4 + (0 if as_is else 1_000_000)


def test_a_database_that_holds_something_is_replaced_only_on_demand(
    url: str, store: Store, tmp_path: Path
) -> None:
    backup(url, tmp_path / "kept.db", now=NOW)
    before = contents(store)
    with pytest.raises(UsageError, match="can overwrite data, with --replace"):
        restore(url, tmp_path / "kept.db", now=LATER)
    assert contents(store) == before


def test_readers_who_left_the_replaced_database_stay_closed(
    url: str, store: Store, tmp_path: Path
) -> None:
    backup(url, tmp_path / "kept.db", now=NOW)
    with store.write() as tx:
        subscriptions.set_status(
            tx,
            "cy@example.org",
            AddressStatus.UNSUBSCRIBED,
            event="unsubscribed",
            origin="one-click",
            detail="",
            now=NOW + timedelta(hours=1),
        )
        row = {"hash": "0" * 64, "status": AddressStatus.SUPPRESSED, "at": NOW}
        tx.execute(insert(schema.suppression), row)
    assert restore(url, tmp_path / "kept.db", now=LATER, replace=True).closed_again == (
        "cy@example.org",
    )
    with Store.open(url) as back, back.read() as tx:
        found = subscriptions.find_address(tx, "cy@example.org")
        assert found is not None
        assert found.status is AddressStatus.UNSUBSCRIBED
        assert tx.execute(select(schema.suppression.c.hash)).scalars().all() == ["0" * 64]


def test_a_database_that_delivers_is_not_replaced(url: str, store: Store, tmp_path: Path) -> None:
    backup(url, tmp_path / "kept.db", now=NOW)
    with delivery_lock.acquire(store) as owner:
        with store.write() as tx:
            claims.claim(tx, owner=owner.token, now=NOW, limit=1)
        with pytest.raises(StoreError, match="being sent"):
            restore(url, tmp_path / "kept.db", now=LATER, replace=True)
    restore(url, tmp_path / "kept.db", now=LATER, replace=True)


@pytest.mark.parametrize("harm", ["none", "words", "empty", "cut", "other", "newer"])
def test_a_file_that_is_not_a_valid_backup_changes_nothing(
    url: str, store: Store, tmp_path: Path, harm: str
) -> None:
    file = tmp_path / "kept.db"
    backup(url, file, now=NOW)
    if harm == "none":
        file.unlink()
    elif harm == "words":
        file.write_text("not a database\n" * 100)
    elif harm == "empty":
        file.write_bytes(b"")
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:40_000])
    else:
        with sqlite3.connect(file) as copy:
            if harm == "other":
                copy.execute("DROP TABLE alembic_version")
            else:
                copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.close()
    before = contents(store)
    with pytest.raises(UsageError if harm == "none" else InputError, match=r"kept\.db"):
        restore(url, file, now=LATER, replace=True)
    assert contents(store) == before


def test_an_interrupted_restore_changes_nothing(
    url: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(url, tmp_path / "kept.db", now=NOW)
    before = contents(store)
    monkeypatch.setattr(announcements, "last_seq", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        restore(url, tmp_path / "kept.db", now=LATER, replace=True)
    assert contents(store) == before
    assert migrate.check(url).state == "current"


def test_the_secret_that_signs_links_is_restored(
    url: str, store: Store, elsewhere: str, tmp_path: Path
) -> None:
    with store.write() as tx:
        metadata.store_signing_secret(tx, "s" * 40)
    backup(url, tmp_path / "kept.db", now=NOW)
    restore(elsewhere, tmp_path / "kept.db", now=LATER)
    with Store.open(elsewhere) as back, back.read() as tx:
        assert metadata.signing_secret(tx) == "s" * 40
