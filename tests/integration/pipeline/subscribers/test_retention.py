"""Former readers are removed after some time; a keyed hash keeps them gone."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from support.builders import NOW
from support.editions import insert_edition

from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.maintenance import FormerReaders, MaintenanceReport, maintain
from digest.pipeline.profiles.profile_sources import ProfileSource
from digest.pipeline.subscribers import administration, leavings
from digest.pipeline.subscribers.administration import AddOutcome
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.subscribers import subscriptions

KEY = b"k" * 32
DAY = timedelta(days=1)
KEEP = 365 * DAY
ADA = "unmistakable@example.org"
LAB = ProfileSource(name="lab", text='[[topics]]\nname = "T"\nkeywords = ["x"]\n')


def add(store: Store, email: str = ADA, *, at: datetime = NOW) -> AddOutcome:
    return administration.add(store, email=email, profile=LAB, now=at, keys=[KEY]).outcome


def tidied(store: Store, *, days: float) -> MaintenanceReport:
    return maintain(
        store,
        mailboxes=None,
        keep=None,
        now=NOW + days * DAY,
        former_readers=FormerReaders(keep=KEEP, keys=lambda: [KEY, b"o" * 32]),
    )


def close(store: Store, status: AddressStatus, *, days: float = 0) -> None:
    with store.write() as tx:
        at = NOW + days * DAY
        subscriptions.set_status(tx, ADA, status, event=status, origin="x", detail="", now=at)


def is_stored(store: Store, email: str = ADA) -> bool:
    with store.read() as tx:
        return subscriptions.find_address(tx, email) is not None


@pytest.mark.parametrize("status", [AddressStatus.UNSUBSCRIBED, AddressStatus.SUPPRESSED])
def test_only_a_hash_stays_of_who_left_long_ago_and_it_keeps_them_gone(
    store: Store, status: AddressStatus
) -> None:
    add(store)
    add(store, "bo@example.org")
    close(store, status, days=10)
    assert tidied(store, days=375).pruned_readers is not None
    assert is_stored(store)
    done = tidied(store, days=376).pruned_readers
    assert done is not None
    assert (done.readers, done.before) == (1, NOW + 11 * DAY)
    with store.read() as tx:
        for table in schema.metadata.sorted_tables:
            assert "unmistakable" not in repr(tx.execute(select(table)).all()), table.name
        leaving = leavings.find(tx, ADA, keys=[KEY])
        assert leaving is not None
        assert leaving.at == NOW + 10 * DAY
    assert add(store, at=NOW + 400 * DAY) is AddOutcome.LEFT
    assert is_stored(store, "bo@example.org")


def test_the_rows_of_former_readers_are_overwritten_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "one.db"

    def is_in_file(store: Store) -> bool:
        with store.engine.connect() as connection:  # without it, the file has no new pages
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return b"unmistakable" in file.read_bytes()

    with Store.open(f"sqlite:///{file}") as store:
        with store.engine.connect() as connection:  # some builds of SQLite do it always
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        add(store)
        close(store, AddressStatus.UNSUBSCRIBED)
        assert is_in_file(store)
        tidied(store, days=366)
        assert not is_in_file(store)


def test_a_reader_whose_subscriptions_ended_long_ago_is_removed_without_a_hash(
    store: Store,
) -> None:
    add(store)
    with store.write() as tx:
        (item,) = subscriptions.live_subscriptions(tx)
        subscriptions.end(tx, item.subscription_id, now=NOW + 10 * DAY)
    tidied(store, days=375)
    assert is_stored(store)
    tidied(store, days=376)
    assert not is_stored(store)
    assert add(store, at=NOW + 400 * DAY) is AddOutcome.ADDED


def test_readers_who_get_mail_are_never_removed(store: Store) -> None:
    add(store)
    add(store, "bo@example.org")
    administration.pause(store, email=ADA, now=NOW)
    done = tidied(store, days=9999).pruned_readers
    assert done is not None
    assert done.readers == 0
    assert is_stored(store)
    with store.read() as tx:
        assert len(subscriptions.consent_log(tx, ADA)) == 2


def test_a_reader_to_whom_a_message_is_being_sent_is_removed_later(store: Store) -> None:
    add(store)
    close(store, AddressStatus.UNSUBSCRIBED)
    with store.write() as tx:
        (item,) = subscriptions.live_subscriptions(tx)
        empty = Edition(local_date=NOW.date(), sections=())
        insert_edition(tx, item.subscription_id, empty, state=EditionState.CLAIMED)
    assert tidied(store, days=400).problems == ()
    assert is_stored(store)


def test_many_former_readers_are_removed_in_one_run(store: Store) -> None:
    for number in range(45):
        add(store, f"reader{number}@example.org")
        administration.remove(store, email=f"reader{number}@example.org", now=NOW)
    done = tidied(store, days=366).pruned_readers
    assert done is not None
    assert done.readers == 45


def test_old_reports_of_bounces_are_removed(store: Store) -> None:
    add(store)
    with store.write() as tx:
        found = subscriptions.find_address(tx, ADA)
        assert found is not None
        for day in (0, 10):
            row = {
                "address_id": found.address_id,
                "at": NOW + day * DAY,
                "kind": "soft",
                "status": "4.2.2",
                "proof": "return path",
                "fingerprint": f"{day:064}",
            }
            tx.execute(insert(schema.bounce), row)
    done = tidied(store, days=366).pruned_readers
    assert done is not None
    assert (done.bounces, done.readers) == (1, 0)
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(schema.bounce)).scalar_one() == 1


def test_former_readers_are_kept_for_ever_if_a_setting_says_so(store: Store) -> None:
    add(store)
    close(store, AddressStatus.UNSUBSCRIBED)
    done = maintain(store, mailboxes=None, keep=180 * DAY, now=NOW + 9999 * DAY)
    assert done.pruned is not None
    assert done.pruned_readers is None
    assert is_stored(store)
