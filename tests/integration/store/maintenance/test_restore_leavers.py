"""Who left a database stays gone when an older backup replaces it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update
from support.builders import NOW
from support.editions import insert_edition
from support.subscribers import start_subscription

from digest.config.profiles.loader import LoadedProfiles
from digest.core.access.scopes import Scope
from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.pipeline.subscribers import erasure, leavings
from digest.store.access import tokens
from digest.store.database import metadata, schema
from digest.store.database.store import Store
from digest.store.maintenance.backup import backup
from digest.store.maintenance.restore import RestoreReport, restore
from digest.store.subscribers import subscriptions

KEY = b"k" * 32
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(days=7)
ADA, BO, CY = (f"{name}@example.org" for name in ("ada", "bo", "cy"))
NO_FILES = LoadedProfiles(files=(), errors=(), broken=frozenset())


def start(store: Store, email: str) -> None:
    with store.write() as tx:
        start_subscription(tx, email, name="lab", profile_text="")


def set_status(store: Store, email: str, status: AddressStatus, *, at: datetime) -> None:
    with store.write() as tx:
        subscriptions.set_status(tx, email, status, event="x", origin="x", detail="", now=at)


def erase(store: Store, email: str, *, key: bytes = KEY) -> None:
    assert erasure.erase(store, email=email, profiles=NO_FILES, keys=[key], now=NOW + HOUR)


@pytest.fixture
def saved(database_url: str, store: Store, tmp_path: Path) -> Path:
    """A backup with two active readers, and one who had left before it."""
    for email in (ADA, BO, CY):
        start(store, email)
    set_status(store, CY, AddressStatus.UNSUBSCRIBED, at=NOW)
    return backup(database_url, tmp_path / "saved.db", now=NOW).file


def restored(url: str, saved: Path, *, as_is: bool = False) -> RestoreReport:
    return restore(url, saved, now=LATER, replace=True, as_is=as_is, keys=[KEY])


def left_at(url: str, email: str) -> datetime | None:
    with Store.open(url) as store, store.read() as tx:
        leaving = leavings.find(tx, email, keys=[KEY])
        return None if leaving is None else leaving.at


@pytest.mark.parametrize("as_is", [False, True])
def test_who_left_after_the_backup_is_named_and_stays_gone_since_that_moment(
    database_url: str, store: Store, saved: Path, *, as_is: bool
) -> None:
    set_status(store, ADA, AddressStatus.UNSUBSCRIBED, at=NOW + HOUR)
    done = restored(database_url, saved, as_is=as_is)
    assert (done.closed_again, done.erased_again) == ((ADA,), 0)
    # Since the leaving, not since the restore: a consent in between is a newer one.
    assert left_at(database_url, ADA) == NOW + HOUR
    assert left_at(database_url, BO) is None
    assert left_at(database_url, CY) == NOW


def test_who_came_and_left_after_the_backup_is_no_new_reader_afterwards(
    database_url: str, store: Store, saved: Path
) -> None:
    start(store, "di@example.org")
    set_status(store, "di@example.org", AddressStatus.SUPPRESSED, at=NOW + HOUR)
    assert restored(database_url, saved).closed_again == ("di@example.org",)
    assert left_at(database_url, "di@example.org") == NOW + HOUR


def test_who_left_again_after_the_backup_left_at_the_later_time(
    database_url: str, store: Store, saved: Path
) -> None:
    set_status(store, CY, AddressStatus.ACTIVE, at=NOW + HOUR)
    set_status(store, CY, AddressStatus.UNSUBSCRIBED, at=NOW + 2 * HOUR)
    assert restored(database_url, saved).closed_again == (CY,)
    assert left_at(database_url, CY) == NOW + 2 * HOUR


@pytest.mark.parametrize("key_of", ["the settings", "the database"])
def test_who_was_erased_after_the_backup_is_erased_again(
    database_url: str, store: Store, saved: Path, key_of: str
) -> None:
    key = KEY
    if key_of == "the database":  # DIGEST_SECRET is not set; the backup was made before this key
        with store.write() as tx:
            key = metadata.store_signing_secret(tx, "s" * 43).encode()
    erase(store, ADA, key=key)
    done = restored(database_url, saved)
    assert (done.closed_again, done.erased_again) == ((), 1)
    with Store.open(database_url) as back, back.read() as tx:
        assert subscriptions.find_address(tx, ADA) is None
        assert {item.email for item in subscriptions.live_subscriptions(tx)} == {BO, CY}
        assert leavings.find(tx, ADA, keys=[key]) is not None
        stored = metadata.signing_secret(tx)
    assert stored == ("s" * 43 if key_of == "the database" else None)


def test_an_edition_that_was_claimed_in_the_backup_does_not_prevent_the_erasure(
    database_url: str, store: Store, saved: Path
) -> None:
    with store.write() as tx:
        (item,) = subscriptions.live_subscriptions(tx, email=ADA)
        insert_edition(
            tx,
            item.subscription_id,
            Edition(local_date=NOW.date(), sections=()),
            state=EditionState.CLAIMED,
        )
    with_claim = backup(database_url, saved.with_name("claim.db"), now=NOW).file
    with store.write() as tx:
        tx.execute(update(schema.edition).values(state=EditionState.SENT))
    erase(store, ADA)
    assert restored(database_url, with_claim, as_is=True).erased_again == 1


def test_a_database_of_an_older_version_is_asked_who_left_too(
    database_url: str, store: Store, saved: Path
) -> None:
    set_status(store, ADA, AddressStatus.UNSUBSCRIBED, at=NOW + HOUR)
    erase(store, BO)
    with store.write() as tx:
        for table, column in (
            ("consent", "evidence"),
            ("consent", "given_at"),
            ("subscription", "profile_file"),
        ):
            tx.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        tx.execute(update(schema.alembic_version).values(version_num=schema.REVISIONS[0]))
    done = restored(database_url, saved)
    assert (done.closed_again, done.erased_again) == ((ADA,), 1)


def test_a_hash_of_the_backup_and_one_of_the_database_give_the_later_leaving(
    database_url: str, store: Store, saved: Path
) -> None:
    hashed = signed_tokens.keyed_hash(ADA, secret=KEY)
    erase(store, ADA)
    again = backup(database_url, saved.with_name("again.db"), now=NOW).file
    with store.write() as tx:
        where = schema.suppression.c.hash == hashed
        tx.execute(update(schema.suppression).where(where).values(at=NOW + 3 * HOUR))
    restored(database_url, again)
    assert left_at(database_url, ADA) == NOW + 3 * HOUR


def test_a_token_that_was_revoked_after_the_backup_stays_revoked(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    with store.write() as tx:
        numbers = [
            tokens.add(
                tx,
                name=name,
                hashed=name,
                scopes=tuple(Scope),
                requests=1,
                expires_at=None,
                now=NOW,
            )
            for name in ("lost", "kept")
        ]
    saved = backup(database_url, tmp_path / "saved.db", now=NOW).file
    with store.write() as tx:
        tokens.revoke(tx, numbers[0], now=NOW + HOUR)
    restored(database_url, saved)
    with Store.open(database_url) as opened, opened.read() as tx:
        assert [item.revoked_at for item in tokens.all_tokens(tx)] == [NOW + HOUR, None]
