"""Who leads: of several schedulers over one database, one works.

The lock dies with its process: beside SQLite it is a file lock, on PostgreSQL a session
advisory lock (straight to the server: a pooler that hands sessions around would lose it).
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from digest.errors import StoreUnavailable
from digest.store.database.connection import sqlite_file
from digest.store.database.store import Store
from digest.store.locks.advisory_session import locked_session

# PostgreSQL's advisory locks are shared by all programs of a database; the store's own number
# keeps those apart that share one.
_KEY_PREFIX = 0x5D1C << 48


@contextmanager
def become_leader(store: Store, *, wait: Callable[[], bool]) -> Iterator[Callable[[], bool] | None]:
    """Takes the scheduler's lock as soon as it is free, and holds it until the block ends.

    Args:
        store: the database.
        wait: is called while another process has the lock, and sleeps for a moment; false
            when it is not to be waited for any longer.

    Yields:
        Tells whether the lock is still held, to be asked before each piece of work; None if
        it was not waited for.

    Raises:
        StoreUnavailable: the lock cannot be asked for.
    """
    path = sqlite_file(store.engine.url)
    if path is not None:
        with _file_lock(path.with_name(f"{path.name}.scheduler"), wait) as holds:
            yield holds
        return

    key = _KEY_PREFIX | int(store.instance_id, 16)

    def lock(session: Connection) -> bool:
        asked = text("SELECT pg_try_advisory_lock(:key)")
        while not session.execute(asked, {"key": key}).scalar_one():
            if not wait():
                return False
        return True

    with locked_session(store, lock) as holds:
        yield holds


@contextmanager
def _file_lock(path: Path, wait: Callable[[], bool]) -> Iterator[Callable[[], bool] | None]:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"{path}: no lock can be made there ({error.strerror}): correct its permissions"
            ) from error
        try:
            if _try_lock(descriptor):
                # Without its file the lock is invisible to others, who make one of their own.
                yield partial(_is_same_file, path, os.fstat(descriptor))
                return
        finally:
            os.close(descriptor)
        if not wait():
            yield None
            return


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(path: Path, mine: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), mine)
    except OSError:
        return False
