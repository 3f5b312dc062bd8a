"""Who still lives: a lock for each delivering process that dies with it.

On SQLite it is a file lock in a folder beside the database, on PostgreSQL a session advisory
lock on a connection of its own (straight to the server: a pooler that hands sessions around
would lose it).
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from digest.errors import StoreUnavailable
from digest.store.connect import door, sqlite_file
from digest.store.engine import Store


@contextmanager
def hold(store: Store) -> Iterator[str]:
    """A new owner's token, alive until the block or the process ends.

    Raises:
        StoreUnavailable: the lock cannot be made.
    """
    token = secrets.token_hex(8)
    folder = _folder(store)
    held = _hold_session(store, token) if folder is None else _hold_file(folder, token)
    with held:
        yield token


def is_alive(store: Store, token: str) -> bool:
    """Whether the owner's process lives and still holds its lock, this process included."""
    folder = _folder(store)
    if folder is not None:
        return not _remove_if_stale(folder / token)
    with door(store.engine.url), _own_session(store) as session:
        free = text("SELECT pg_try_advisory_lock_shared(:key)")  # goes with the session
        return not session.execute(free, {"key": _key(token)}).scalar_one()


def _folder(store: Store) -> Path | None:
    path = sqlite_file(store.engine.url)
    return None if path is None else path.with_name(f"{path.name}.owners")


@contextmanager
def _hold_file(folder: Path, token: str) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for stale in folder.iterdir():
            _remove_if_stale(stale)
        descriptor = _locked(folder / token)
    except OSError as error:
        raise StoreUnavailable(
            f"{folder}: no lock can be made there ({error.strerror}): correct its permissions"
        ) from error
    try:
        yield
    finally:
        (folder / token).unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int:
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
def _hold_session(store: Store, token: str) -> Iterator[None]:
    with door(store.engine.url):
        session = _own_session(store)
    with session:
        with door(store.engine.url):
            # The server notices within a minute when this machine vanishes without a word.
            session.execute(text("SET tcp_keepalives_idle = 30"))
            session.execute(text("SET tcp_keepalives_interval = 10"))
            session.execute(text("SET tcp_keepalives_count = 3"))
            session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(token)})
        yield


def _own_session(store: Store) -> Connection:
    """A connection outside the pool: closing it ends its session, and so its locks."""
    session = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    session.detach()
    return session


def _key(token: str) -> int:
    return int(token, 16) - (1 << 63)  # PostgreSQL's keys are signed
