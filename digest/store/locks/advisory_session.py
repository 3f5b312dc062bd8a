"""PostgreSQL advisory locks that last as long as a database session."""

import math
import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Lock

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from digest.store.database.connection import translate_errors
from digest.store.database.store import Store


@contextmanager
def locked_session(
    store: Store,
    lock: Callable[[Connection], bool],
    *,
    clock: Callable[[], float] | None = None,
) -> Iterator[Callable[[], bool] | None]:
    """Opens a separate session that holds an advisory lock until the block or the session ends.

    Args:
        store: Store on PostgreSQL.
        lock: Acquires the lock in the session; returns False if it could not.
        clock: Monotonic clock in seconds. With it, the check queries the server at most once a
            second, or earlier when the server has sent something. None: it queries every time.

    Yields:
        A thread-safe callable: is the lock still held? None if it could not be acquired.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    with ExitStack() as opened:
        with translate_errors(store.engine.url):
            session = opened.enter_context(lasting_session(store))
            is_locked = lock(session)
        yield _liveness_check(session, clock) if is_locked else None


@contextmanager
def lasting_session(store: Store) -> Iterator[Connection]:
    """Opens a session for locks that last: it may be idle, and ends soon after its machine is gone.

    Raises:
        DBAPIError: The database cannot be reached.
    """
    with closing(dedicated_session(store)) as session:
        # With these, the server notices within a minute that this machine is gone.
        session.execute(text("SET tcp_keepalives_idle = 30"))
        session.execute(text("SET tcp_keepalives_interval = 10"))
        session.execute(text("SET tcp_keepalives_count = 3"))
        # The session is idle while its owner works, so the server must not close it for
        # that. PostgreSQL 13 does not have this setting yet.
        session.execute(
            text(
                "SELECT set_config(name, '0', false) FROM pg_settings"
                " WHERE name = 'idle_session_timeout'"
            )
        )
        yield session


def dedicated_session(store: Store) -> Connection:
    """Opens a connection outside the pool; closing it ends its session and releases its locks."""
    session = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    session.detach()
    return session


def _liveness_check(session: Connection, clock: Callable[[], float] | None) -> Callable[[], bool]:
    thread_lock = Lock()
    is_lost = False
    checked_at = -math.inf
    socket = select.poll()
    socket.register(session.connection.fileno(), select.POLLIN | select.POLLPRI)

    def still_held() -> bool:
        # The lock lasts exactly as long as its session: if the session answers, it is held. A
        # server that ends the session sends a message before it releases the lock, so there is
        # something to read. Only a server that cannot be reached sends nothing.
        nonlocal is_lost, checked_at
        with thread_lock:
            now = math.nan if clock is None else clock()
            checked_recently = now - checked_at < 1  # always False for NaN
            # Never query a lost session: SQLAlchemy would silently open another one.
            if not is_lost and (socket.poll(0) or not checked_recently):
                checked_at = now
                try:
                    session.exec_driver_sql("SELECT 1")
                except DBAPIError:
                    is_lost = True
            return not is_lost

    return still_held
