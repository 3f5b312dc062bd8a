"""Processes that write to one SQLite file at full speed, one after another.

SQLite keeps them apart by itself, but who finds it busy sleeps for a millisecond and more,
in which time the other one writes several letters. Here the next in line is woken.
"""

import fcntl
import os
from contextlib import suppress
from typing import Self

from sqlalchemy import URL

from digest.store.database.connection import lock_folder


class SqliteWriteLock:
    """Held while writing; nothing depends on it but speed. For one thread at a time.

    Args:
        url: of the database; on PostgreSQL, which has its own queues, it does nothing.
    """

    def __init__(self, url: URL) -> None:
        self._descriptor: int | None = None
        folder = lock_folder(url)
        if folder is not None:
            with suppress(OSError):  # no deliverer has been here
                self._descriptor = os.open(folder, os.O_RDONLY)

    def __enter__(self) -> Self:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """No turn is taken any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
