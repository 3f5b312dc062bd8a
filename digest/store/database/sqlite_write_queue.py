"""Lets several processes write to one SQLite file in turns, without polling.

SQLite itself keeps writers apart, but a writer that finds the file busy sleeps for at least a
millisecond. In that time the other process writes several rows. With this file lock, the
kernel wakes the next writer at once.
"""

import fcntl
import os
from contextlib import suppress
from typing import Self

from sqlalchemy import URL

from digest.store.database.connection import lock_folder


class SqliteWriteLock:
    """A lock to hold while writing; it only improves speed. Use it from one thread at a time.

    Args:
        url: URL of the database. On PostgreSQL, which needs no such lock, it does nothing.
    """

    def __init__(self, url: URL) -> None:
        self._descriptor: int | None = None
        folder = lock_folder(url)
        if folder is not None:
            # The folder exists only after the first delivery.
            with suppress(OSError):
                self._descriptor = os.open(folder, os.O_RDONLY)

    def __enter__(self) -> Self:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the lock; from then on it does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
