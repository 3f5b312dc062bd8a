"""Who still lives: a lock for each delivering process that dies with it.

On SQLite it is a file lock in a folder beside the database, on PostgreSQL a session advisory
lock on a connection of its own (straight to the server: a pooler that hands sessions around
would lose it).
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from digest.errors import StoreUnavailable
from digest.store.database.connection import lock_folder, translate_errors
from digest.store.database.store import Store
from digest.store.locks.advisory_session import locked_session, dedicated_session


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLock:
    """One delivering process, or one run of it; alive while its lock is held."""

    token: str  # stands in the ledger beside what it claimed
    holds: Callable[[], bool]  # whether the lock is still held; for several threads

    def require_alive(self) -> None:
        """Says so if the lock was lost: another process may take the claims at any moment.

        Raises:
            StoreUnavailable: it was; no further letter may be sent.
        """
        if not self.holds():
            raise StoreUnavailable(
                "the lock that marks this run as alive was lost (its database session was cut, or"
                " its file removed), so it stopped; the next run takes up what is left"
            )


@contextmanager
def acquire(store: Store, *, clock: Callable[[], float] | None = None) -> Iterator[DeliveryLock]:
    """A new owner, alive until the block or the process ends, or the lock is cut.

    Args:
        store: where its claims will stand.
        clock: seconds that only grow; with it, PostgreSQL is asked once a second whether the
            lock is still held, and in between only if it has said something. None: always.

    Raises:
        StoreUnavailable: the lock cannot be made.
    """
    token = secrets.token_hex(8)
    folder = lock_folder(store.engine.url)
    held = _session_lock(store, token, clock) if folder is None else _file_lock(folder, token)
    with held as holds:
        yield DeliveryLock(token=token, holds=holds)


def is_alive(store: Store, token: str) -> bool:
    """Whether the owner's process lives and still holds its lock, this process included."""
    folder = lock_folder(store.engine.url)
    if folder is not None:
        return not _remove_if_stale(folder / token)
    with translate_errors(store.engine.url), dedicated_session(store) as session:
        free = text("SELECT pg_try_advisory_lock_shared(:key)")  # goes with the session
        return not session.execute(free, {"key": _key(token)}).scalar_one()


@contextmanager
def _file_lock(folder: Path, token: str) -> Iterator[Callable[[], bool]]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for stale in folder.iterdir():
            _remove_if_stale(stale)
        descriptor = _create_locked_file(folder / token)
    except OSError as error:
        raise StoreUnavailable(
            f"{folder}: no lock can be made there ({error.strerror}): correct its permissions"
        ) from error
    path, mine = folder / token, os.fstat(descriptor)
    name = str(path)

    def holds() -> bool:
        # Without its file the lock is invisible to others, who would take its owner for dead.
        try:
            return os.path.samestat(os.stat(name), mine)  # noqa: PTH116 - for every letter
        except OSError:
            return False

    try:
        yield holds
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _create_locked_file(path: Path) -> int:
    """A descriptor that holds the lock of a file that is still there."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between the two, another process may have taken the new file for a stale one.
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


def _remove_if_stale(path: Path) -> bool:
    """Removes an owner's file that nobody holds; False if its owner lives."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # two may look at once
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _session_lock(
    store: Store, token: str, clock: Callable[[], float] | None
) -> Iterator[Callable[[], bool]]:
    def lock(session: Connection) -> bool:
        session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(token)})
        return True

    with locked_session(store, lock, clock=clock) as holds:
        if holds is not None:
            yield holds


def _key(token: str) -> int:
    return int(token, 16) - (1 << 63)  # PostgreSQL's keys are signed
