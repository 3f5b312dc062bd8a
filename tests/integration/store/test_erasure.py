"""Erasing an address leaves it nowhere, and what outlives it tells nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from builders import NOW
from sqlalchemy import select

from digest.config.profiles import Profiles, load_all
from digest.core.model import AddressStatus, Edition, State
from digest.errors import StoreError, UsageError
from digest.pipeline import erasure, subscribers
from digest.pipeline.enrol import enrol
from digest.store import claims, ledger, owners, subscriptions
from digest.store.engine import Connection, Store
from digest.store.schema import metadata

KEY, OLD = b"k" * 32, b"o" * 32
NO_FILES = Profiles(files=(), errors=(), broken=frozenset())
EMAIL = "Ada.Unmistakable@Reader.example"
TRACE = b"unmistakable"
PROFILE = '[[topics]]\nname = "T"\nkeywords = ["x"]\n'


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "profiles"
    folder.mkdir()
    return folder


def live_long(store: Store, *, state: State = State.SENT, others: int = 30) -> None:
    """A life of the address among others, with text of theirs around it."""
    for email in (*(f"reader{n}@other.example" for n in range(others)), EMAIL):
        subscribers.add(store, email=email, name="papers", profile_text=PROFILE, now=NOW)
    with store.write() as tx:
        (mine,) = subscriptions.live(tx, email=EMAIL)
        for day in range(1, 20):
            edition_id = ledger.insert(
                tx,
                subscription_id=mine.subscription_id,
                edition=Edition(local_date=date(2026, 5, day), sections=()),
                message_domain="example.org",
                composed_at=NOW,
                state=state,
            )
            assert edition_id is not None
        tx.execute(
            metadata.tables["edition"]
            .update()
            .values(reason=f"250 <{EMAIL}> accepted " + "x" * 900)
        )
        for _ in range(30):
            subscriptions.set_status(
                tx,
                EMAIL,
                AddressStatus.PAUSED,
                event="paused",
                origin="operator",
                detail=f"{EMAIL} asked",
                now=NOW,
            )
        # Changed rows leave their old text in the file's free space.
        tx.execute(metadata.tables["edition"].update().values(reason="short"))


def closed_as(store: Store, status: AddressStatus) -> None:
    with store.write() as tx:
        subscriptions.set_status(tx, EMAIL, status, event="x", origin="x", detail="", now=NOW)


def erase(store: Store, profiles: Profiles | None = None) -> bool:
    return erasure.erase(
        store, email=EMAIL, profiles=profiles or NO_FILES, keys=[KEY, OLD], now=NOW
    )


def dump(tx: Connection) -> bytes:
    """Every value of every table."""
    rows = [row for table in metadata.sorted_tables for row in tx.execute(select(table))]
    return repr(rows).lower().encode()


@pytest.mark.parametrize("status", [AddressStatus.PAUSED, *erasure._OUTLIVES])
def test_erasing_leaves_the_address_nowhere_in_the_database(
    store: Store, tmp_path: Path, status: AddressStatus
) -> None:
    live_long(store)
    closed_as(store, status)
    files = list(tmp_path.glob("digest.db*"))
    if store.engine.dialect.name == "sqlite":
        assert any(TRACE in path.read_bytes().lower() for path in files)
    with store.read() as tx:
        assert TRACE in dump(tx)
    assert erase(store)
    with store.read() as tx:
        assert TRACE not in dump(tx)
        kept = tx.execute(select(metadata.tables["suppression"])).all()
    assert [row.status for row in kept] == [status] * (status in erasure._OUTLIVES)
    for path in tmp_path.glob("digest.db*"):
        assert TRACE not in path.read_bytes().lower(), path.name
    with store.read() as tx:
        assert len(subscriptions.live(tx)) == 30


def test_erasing_again_says_that_nothing_is_kept(store: Store) -> None:
    live_long(store)
    assert erase(store)
    assert not erase(store)


def test_a_letter_on_its_way_is_waited_for(store: Store) -> None:
    live_long(store, state=State.QUEUED)
    with store.write() as tx:
        subscriptions.set_status(
            tx, EMAIL, AddressStatus.ACTIVE, event="x", origin="x", detail="", now=NOW
        )
    with owners.hold(store) as owner:
        with store.write() as tx:
            assert claims.claim(tx, owner=owner.token, now=NOW, limit=1, email=EMAIL)
        with pytest.raises(StoreError, match="try again in a minute"):
            erase(store)
    with store.read() as tx:
        assert subscriptions.find_address(tx, EMAIL) is not None


def test_an_address_that_a_profile_file_names_is_not_erased(store: Store, files: Path) -> None:
    live_long(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL.lower()}"\n{PROFILE}')
    with pytest.raises(UsageError, match=r"profiles/ada.toml: .* delete the file first"):
        erase(store, load_all(files))


def test_an_erased_address_that_was_suppressed_is_not_added_again(store: Store) -> None:
    live_long(store)
    closed_as(store, AddressStatus.SUPPRESSED)
    erase(store)
    for key in ([KEY], [b"newer" * 9, KEY]):
        with pytest.raises(UsageError, match="suppressed, because its mail bounced"):
            subscribers.add(
                store, email=EMAIL.lower(), name="p", profile_text=PROFILE, now=NOW, keys=key
            )


def test_an_erased_address_that_had_unsubscribed_may_ask_again(store: Store, files: Path) -> None:
    live_long(store)
    closed_as(store, AddressStatus.UNSUBSCRIBED)
    erase(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL}"\n{PROFILE}')
    roster = enrol(store, load_all(files), now=NOW, keys=[KEY])
    (warning,) = roster.warnings
    assert "ada.toml" in warning
    assert "had unsubscribed before it was erased" in warning
    assert not roster.start
    assert subscribers.add(store, email=EMAIL, name="p", profile_text=PROFILE, now=NOW, keys=[KEY])
    assert enrol(store, load_all(files), now=NOW, keys=[KEY]).warnings == ()


def test_a_file_that_names_an_erased_suppressed_address_is_warned_of(
    store: Store, files: Path
) -> None:
    live_long(store)
    closed_as(store, AddressStatus.SUPPRESSED)
    erase(store)
    (files / "ada.toml").write_text(f'email = "{EMAIL}"\n{PROFILE}')
    roster = enrol(store, load_all(files), now=NOW, keys=[KEY])
    assert "is suppressed" in roster.warnings[0]
    assert not roster.start


def test_the_export_has_every_row_of_the_address_and_of_no_other(store: Store) -> None:
    live_long(store)
    kept = erasure.export(store, email=EMAIL)
    assert [row["email"] for row in kept["address"]] == ["Ada.Unmistakable@reader.example"]
    assert len(kept["edition"]) == 19
    assert len(kept["consent"]) == 31
    assert "keywords" in kept["subscription"][0]["profile_text"]
    assert "other.example" not in repr(kept)
    with pytest.raises(UsageError, match="no such subscriber"):
        erasure.export(store, email="nobody@reader.example")
