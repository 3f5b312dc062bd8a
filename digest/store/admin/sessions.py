"""Stores who is signed in on the operator's pages, and when the session was last used."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from digest.core.subscribers.reconcile import address_key
from digest.store.database.support_tables import admin_session


class StoredSession(Struct, frozen=True, kw_only=True):
    """A session as it is stored."""

    key: str  # SHA-256 of the cookie
    email: str
    opened_at: datetime
    seen_at: datetime


def add(tx: Connection, key: str, *, email: str, now: datetime) -> None:
    """Stores a new session."""
    row = {
        "key": key,
        "email": email,
        "email_key": address_key(email),
        "opened_at": now,
        "seen_at": now,
    }
    tx.execute(insert(admin_session).values(row))


def find(tx: Connection, key: str) -> StoredSession | None:
    """Returns a session, however old; None if there is none with this key."""
    row = tx.execute(select(admin_session).where(admin_session.c.key == key)).first()
    if row is None:
        return None
    return StoredSession(key=row.key, email=row.email, opened_at=row.opened_at, seen_at=row.seen_at)


def touch(tx: Connection, key: str, *, now: datetime) -> None:
    """Records that a session was used."""
    tx.execute(update(admin_session).where(admin_session.c.key == key).values(seen_at=now))


def end(tx: Connection, key: str) -> None:
    """Deletes a session."""
    tx.execute(delete(admin_session).where(admin_session.c.key == key))


def end_of_address(tx: Connection, email_key: str) -> None:
    """Deletes the sessions of an address."""
    tx.execute(delete(admin_session).where(admin_session.c.email_key == email_key))


def end_all(tx: Connection) -> None:
    """Deletes all sessions."""
    tx.execute(delete(admin_session))


def remove_old(tx: Connection, *, before: datetime) -> None:
    """Deletes the sessions that were opened before a moment."""
    tx.execute(delete(admin_session).where(admin_session.c.opened_at < before))
