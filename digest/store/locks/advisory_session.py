"""Locks on PostgreSQL that live as long as a session, and notice when it is cut."""

import math
import select
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
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
    """A session of its own that holds an advisory lock until the block ends, or it is cut.

    Args:
        store: on PostgreSQL.
        lock: takes the lock; False if it is not to be had.
        clock: seconds that only grow; with it, the server is asked once a second whether the
            session lives, and in between only if it has said something. None: always.

    Yields:
        Tells whether the lock is still held, to several threads; None if it was not to be had.

    Raises:
        StoreUnavailable: there is no session to be had.
    """
    with translate_errors(store.engine.url):
        session = dedicated_session(store)
    with closing(session):
        with translate_errors(store.engine.url):
            # The server notices within a minute when this machine vanishes without a word.
            session.execute(text("SET tcp_keepalives_idle = 30"))
            session.execute(text("SET tcp_keepalives_interval = 10"))
            session.execute(text("SET tcp_keepalives_count = 3"))
            # It stands idle while its owner works; PostgreSQL 13 has no such limit.
            session.execute(
                text(
                    "SELECT set_config(name, '0', false) FROM pg_settings"
                    " WHERE name = 'idle_session_timeout'"
                )
            )
            taken = lock(session)
        yield _liveness_check(session, clock) if taken else None


def dedicated_session(store: Store) -> Connection:
    """A connection outside the pool: closing it ends its session, and so its locks."""
    session = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    session.detach()
    return session


def _liveness_check(session: Connection, clock: Callable[[], float] | None) -> Callable[[], bool]:
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

    return holds
