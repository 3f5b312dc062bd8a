import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from support.builders import NOW, TODAY
from support.editions import insert_edition

from digest.core.models.editions import Edition
from digest.errors import StoreUnavailable
from digest.store.database.connection import sqlite_file
from digest.store.database.store import Store
from digest.store.editions import claims, recovery
from digest.store.locks import delivery_lock

CLAIM_AND_WAIT = """
import sys
from datetime import datetime, UTC
from digest.store.database.store import Store
from digest.store.editions import claims
from digest.store.locks import delivery_lock
with Store.open(sys.argv[1]) as store, delivery_lock.acquire(store) as owner:
    with store.write() as tx:
        claims.claim(tx, owner=owner.token, now=datetime.now(UTC), limit=9)
    print(owner.token, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(database_url: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Runs a process that has claimed all editions; yields it and its token."""
    with subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_WAIT, database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()


def wait_for_the_server(store: Store, owner: str) -> None:
    """Waits until PostgreSQL notices that the client is gone, and releases its lock."""
    if store.engine.dialect.name == "postgresql":
        with store.write() as tx:
            tx.execute(text("SET LOCAL lock_timeout = '30s'"))
            lock = text("SELECT pg_advisory_xact_lock_shared(:key)")
            tx.execute(lock, {"key": delivery_lock._key(owner)})


def recover(store: Store) -> int:
    with store.write() as tx:
        return recovery.recover_claims(
            tx, alive=lambda owner: delivery_lock.is_alive(store, owner), now=NOW
        )


def test_an_owner_is_alive_as_long_as_it_holds_its_lock(store: Store) -> None:
    with delivery_lock.acquire(store) as owner:
        with delivery_lock.acquire(store) as other:
            assert owner.token != other.token
            assert delivery_lock.is_alive(store, owner.token)
            assert delivery_lock.is_alive(store, other.token)
            owner.require_held()
        assert delivery_lock.is_alive(store, owner.token)
        wait_for_the_server(store, other.token)
        assert not delivery_lock.is_alive(store, other.token)
    wait_for_the_server(store, owner.token)
    assert not delivery_lock.is_alive(store, owner.token)


@pytest.mark.parametrize("clock", [None, lambda: 0.0], ids=["asked", "told"])
def test_an_owner_notices_that_its_lock_was_cut(
    store: Store, clock: Callable[[], float] | None
) -> None:
    with (
        delivery_lock.acquire(store, clock=clock) as owner,
        delivery_lock.acquire(store, clock=clock) as other,
    ):
        owner.require_held()
        cut(store, owner.token)
        assert not delivery_lock.is_alive(store, owner.token)
        for _ in range(3):  # it must not open another session and use that
            with pytest.raises(StoreUnavailable, match="was lost"):
                owner.require_held()
        other.require_held()


def cut(store: Store, token: str) -> None:
    """Breaks a lock, as an operator, a fail-over or a cleaning script would."""
    path = sqlite_file(store.engine.url)
    if path is not None:
        (path.with_name(f"{path.name}.owners") / token).unlink()
        return
    key = delivery_lock._key(token) & ((1 << 64) - 1)
    high, low = key >> 32, key & 0xFFFFFFFF
    with store.write() as tx:
        find = text(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
            " WHERE locktype = 'advisory' AND classid = :high AND objid = :low"
        )
        assert tx.execute(find, {"high": high, "low": low}).scalar_one()


def test_the_claims_of_a_killed_process_are_recovered_at_once(
    store: Store, database_url: str, subscribe: Callable[..., int]
) -> None:
    number = subscribe()
    with store.write() as tx:
        insert_edition(tx, number, Edition(local_date=TODAY, sections=()))
    with another_process(database_url) as (process, owner):
        assert delivery_lock.is_alive(store, owner)
        assert recover(store) == 0
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for_the_server(store, owner)
        assert not delivery_lock.is_alive(store, owner)
        assert recover(store) == 1
    with store.write() as tx:
        assert len(claims.claim(tx, owner="me", now=NOW, limit=9)) == 1


def test_an_exception_in_the_block_releases_the_lock(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), delivery_lock.acquire(store) as owner:
        _ = 1 / 0
    wait_for_the_server(store, owner.token)
    assert not delivery_lock.is_alive(store, owner.token)


def test_files_of_dead_owners_are_removed_and_those_of_the_living_stay(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/digest.db"
    folder = tmp_path / "digest.db.owners"
    with Store.open(url) as store:
        with another_process(url) as (process, dead):
            process.send_signal(signal.SIGKILL)
        with delivery_lock.acquire(store) as living, delivery_lock.acquire(store) as other:
            assert {path.name for path in folder.iterdir()} == {living.token, other.token}
            assert dead not in {living.token, other.token}
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(folder.iterdir()) == []


def test_an_error_names_the_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "digest.db.owners").write_text("in the way")
    with (
        Store.open(f"sqlite:///{tmp_path}/digest.db") as store,
        pytest.raises(StoreUnavailable, match=r"digest\.db\.owners: cannot create a lock file"),
        delivery_lock.acquire(store),
    ):
        pass


def test_a_lock_file_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "owner"
    lock = fcntl.flock

    def sweep_first(descriptor: int, mode: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        path.unlink()
        lock(descriptor, mode)

    monkeypatch.setattr(fcntl, "flock", sweep_first)
    descriptor = delivery_lock._create_locked_file(path)
    assert not delivery_lock._remove_if_stale(path)
    os.close(descriptor)
    assert delivery_lock._remove_if_stale(path)
