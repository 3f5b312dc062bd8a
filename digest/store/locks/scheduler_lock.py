"""Leader election: of several schedulers that use one database, only one runs jobs.

The lock ends with its process. On SQLite it is a file lock next to the database. On PostgreSQL
it is a session advisory lock, whose connection must go directly to the server: a connection
pooler that shares sessions would lose the lock.
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

# All programs that use a PostgreSQL database share its advisory lock keys. Our keys are this
# prefix plus the instance id of the store.
_KEY_PREFIX = 0x5D1C << 48


@contextmanager
def become_leader(store: Store, *, wait: Callable[[], bool]) -> Iterator[Callable[[], bool] | None]:
    """Acquires the scheduler lock as soon as it is free, and holds it until the block ends.

    Args:
        store: Store that the schedulers share.
        wait: Called repeatedly while another process holds the lock. It sleeps for a moment and
            returns True, or returns False to give up.

    Yields:
        A callable to use before each job: is the lock still held? None if `wait` gave up.

    Raises:
        StoreUnavailable: The lock file or the database cannot be reached.
    """
    path = sqlite_file(store.engine.url)
    if path is not None:
        with _file_lock(path.with_name(f"{path.name}.scheduler"), wait) as still_held:
            yield still_held
        return

    key = _KEY_PREFIX | int(store.instance_id, 16)

    def lock(session: Connection) -> bool:
        try_lock = text("SELECT pg_try_advisory_lock(:key)")
        while not session.execute(try_lock, {"key": key}).scalar_one():
            if not wait():
                return False
        return True

    with locked_session(store, lock) as still_held:
        yield still_held


@contextmanager
def _file_lock(path: Path, wait: Callable[[], bool]) -> Iterator[Callable[[], bool] | None]:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"{path}: cannot create this lock file ({error.strerror}): correct its permissions"
            ) from error
        try:
            if _try_lock(descriptor):
                # If the file is deleted, other processes do not see the lock and create another.
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


def _is_same_file(path: Path, locked_file: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), locked_file)
    except OSError:
        return False
