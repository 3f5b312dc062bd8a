"""A lock for each process that delivers, so that others can tell whether it still runs.

On SQLite it is a file lock in a folder next to the database. On PostgreSQL it is a session
advisory lock on a separate connection. That connection must go directly to the server: a
connection pooler that shares sessions would lose the lock.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, text

from digest.errors import StoreUnavailable
from digest.store.database.connection import lock_folder, translate_errors
from digest.store.database.store import Store


class DeliveryLock(Struct, frozen=True, kw_only=True):
    """The lock of one delivery run; the run counts as alive while it is held."""

    token: str  # the owner's name in the ledger, stored with every edition that it claims
    still_held: Callable[[], bool]  # whether the lock is still held; thread-safe

    def require_held(self) -> None:
        """Raises an error if the lock was lost: another process may then take over the claims.

        Raises:
            StoreUnavailable: The lock was lost; no further message may be sent.
        """
        if not self.still_held():
            raise StoreUnavailable(
                "delivery stopped because its lock was lost (its database session was closed, or"
                " its lock file was deleted); the next run sends what is left"
            )


@contextmanager
def acquire(store: Store, *, clock: Callable[[], float] | None = None) -> Iterator[DeliveryLock]:
    """Acquires a new delivery lock; it lasts until the block or the process ends.

    Args:
        store: Store in which the owner of the lock claims editions.
        clock: Monotonic clock in seconds. With it, PostgreSQL is queried at most once a second
            for whether the lock is still held. None: it is queried every time.

    Raises:
        StoreUnavailable: The lock cannot be created.
    """
    token = secrets.token_hex(8)
    folder = lock_folder(store.engine.url)
    lock = _session_lock(store, token, clock) if folder is None else _file_lock(folder, token)
    with lock as still_held:
        yield DeliveryLock(token=token, still_held=still_held)


def is_alive(store: Store, token: str) -> bool:
    """Whether the owner still holds its lock. The owner may be this process.

    Args:
        store: Store in which the owner claimed editions.
        token: `DeliveryLock.token` of the owner.
    """
    folder = lock_folder(store.engine.url)
    if folder is not None:
        return not _remove_if_stale(folder / token)
    # Imported here: SQLite has no advisory locks.
    from digest.store.locks.advisory_session import dedicated_session

    with translate_errors(store.engine.url), dedicated_session(store) as session:
        # Shared, so that two processes can check at once; released when this session ends.
        try_lock = text("SELECT pg_try_advisory_lock_shared(:key)")
        return not session.execute(try_lock, {"key": _key(token)}).scalar_one()


@contextmanager
def _file_lock(folder: Path, token: str) -> Iterator[Callable[[], bool]]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for path in folder.iterdir():
            _remove_if_stale(path)
        descriptor = _create_locked_file(folder / token)
    except OSError as error:
        raise StoreUnavailable(
            f"{folder}: cannot create a lock file ({error.strerror}): correct its permissions"
        ) from error
    path, locked_file = folder / token, os.fstat(descriptor)
    name = str(path)

    def still_held() -> bool:
        # If the file was deleted, other processes do not see the lock and assume that its
        # owner is dead.
        try:
            # os.stat on a string is faster than Path.stat, and this runs for every message.
            return os.path.samestat(os.stat(name), locked_file)  # noqa: PTH116 - see above
        except OSError:
            return False

    try:
        yield still_held
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _create_locked_file(path: Path) -> int:
    """Creates a lock file and returns the descriptor that holds its lock."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between open and flock, another process may have removed the new file as stale.
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
        os.close(descriptor)


def _remove_if_stale(path: Path) -> bool:
    """Removes a lock file that no process holds; False if its owner is alive."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        # Shared, so that two processes can check at once.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
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
    from digest.store.locks.advisory_session import locked_session

    def lock(session: Connection) -> bool:
        session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(token)})
        return True

    with locked_session(store, lock, clock=clock) as still_held:
        # Never None: `lock` waits until it has the lock.
        if still_held is not None:
            yield still_held


def _key(token: str) -> int:
    # PostgreSQL's keys are signed 64-bit integers.
    return int(token, 16) - (1 << 63)
