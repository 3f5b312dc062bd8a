"""Who still lives: a lock for each delivering process that dies with it.

On SQLite it is a file lock in a folder beside the database, on PostgreSQL a session advisory
lock on a connection of its own (straight to the server: a pooler that hands sessions around
would lose it).
"""

import fcntl
import math
import os
import secrets
import select
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreUnavailable
from digest.store.connect import door, owners_folder
from digest.store.engine import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
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
def hold(store: Store, *, clock: Callable[[], float] | None = None) -> Iterator[Owner]:
    """A new owner, alive until the block or the process ends, or the lock is cut.

    Args:
        store: where its claims will stand.
        clock: seconds that only grow; with it, PostgreSQL is asked once a second whether the
            lock is still held, and in between only if it has said something. None: always.

    Raises:
        StoreUnavailable: the lock cannot be made.
    """
    token = secrets.token_hex(8)
    folder = owners_folder(store.engine.url)
    held = _hold_session(store, token, clock) if folder is None else _hold_file(folder, token)
    with held as holds:
        yield Owner(token=token, holds=holds)


def is_alive(store: Store, token: str) -> bool:
    """Whether the owner's process lives and still holds its lock, this process included."""
    folder = owners_folder(store.engine.url)
    if folder is not None:
        return not _remove_if_stale(folder / token)
    with door(store.engine.url), _own_session(store) as session:
        free = text("SELECT pg_try_advisory_lock_shared(:key)")  # goes with the session
        return not session.execute(free, {"key": _key(token)}).scalar_one()


@contextmanager
def _hold_file(folder: Path, token: str) -> Iterator[Callable[[], bool]]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for stale in folder.iterdir():
            _remove_if_stale(stale)
        descriptor = _locked(folder / token)
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
def _hold_session(
    store: Store, token: str, clock: Callable[[], float] | None
) -> Iterator[Callable[[], bool]]:
    with door(store.engine.url):
        session = _own_session(store)
    one_at_a_time = Lock()
    lost = False
    asked = -math.inf
    socket = select.poll()
    socket.register(session.connection.fileno(), select.POLLIN | select.POLLPRI)

    def holds() -> bool:
        # The lock lives exactly as long as its session: if that answers, it is held. A server
        # that ends it says so before it lets go of the lock; only one out of reach does not.
        nonlocal lost, asked
        with one_at_a_time:
            now = math.nan if clock is None else clock()
            just_asked = now - asked < 1  # never true of NaN
            if not lost and (socket.poll(0) or not just_asked):
                asked = now
                # Once it is lost, SQLAlchemy would open another session and ask that.
                try:
                    session.exec_driver_sql("SELECT 1")
                except DBAPIError:
                    lost = True
            return not lost

    with closing(session):
        with door(store.engine.url):
            # The server notices within a minute when this machine vanishes without a word.
            session.execute(text("SET tcp_keepalives_idle = 30"))
            session.execute(text("SET tcp_keepalives_interval = 10"))
            session.execute(text("SET tcp_keepalives_count = 3"))
            # It stands idle while a letter is on its way; PostgreSQL 13 has no such limit.
            session.execute(
                text(
                    "SELECT set_config(name, '0', false) FROM pg_settings"
                    " WHERE name = 'idle_session_timeout'"
                )
            )
            session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(token)})
        yield holds


def _own_session(store: Store) -> Connection:
    """A connection outside the pool: closing it ends its session, and so its locks."""
    session = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    session.detach()
    return session


def _key(token: str) -> int:
    return int(token, 16) - (1 << 63)  # PostgreSQL's keys are signed
