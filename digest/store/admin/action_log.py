"""Stores what operators did on their pages: who, when, what, to whom, and with which result."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from digest.store.database.support_tables import admin_log


class LoggedAction(Struct, frozen=True, kw_only=True):
    """One action of an operator."""

    number: int
    at: datetime
    who: str
    action: str
    subject: str
    outcome: str  # empty: the process ended before it was known


def begin(tx: Connection, *, who: str, action: str, subject: str, now: datetime) -> int:
    """Stores an action before it is done; returns its number."""
    row = {"at": now, "who": who, "action": action, "subject": subject, "outcome": ""}
    return int(tx.execute(insert(admin_log).values(row).returning(admin_log.c.id)).scalar_one())


def finish(tx: Connection, number: int, *, outcome: str) -> None:
    """Stores what came of an action."""
    tx.execute(update(admin_log).where(admin_log.c.id == number).values(outcome=outcome))


def page(
    tx: Connection,
    *,
    limit: int,
    before: int | None = None,
    action: str = "",
    words: str = "",
) -> Sequence[LoggedAction]:
    """Returns actions, newest first.

    Args:
        tx: Transaction.
        limit: At most so many.
        before: Only actions with a lower number; None: the newest.
        action: Only this kind of action; empty: all.
        words: Only actions whose operator or subject contains this; empty: all.
    """
    columns = admin_log.c
    found = select(admin_log).order_by(columns.id.desc()).limit(limit)
    if before is not None:
        found = found.where(columns.id < before)
    if action:
        found = found.where(columns.action == action)
    if words:
        found = found.where(
            columns.subject.icontains(words, autoescape=True)
            | columns.who.icontains(words, autoescape=True)
        )
    return [
        LoggedAction(
            number=row.id,
            at=row.at,
            who=row.who,
            action=row.action,
            subject=row.subject,
            outcome=row.outcome,
        )
        for row in tx.execute(found)
    ]


def remove_old(tx: Connection, *, before: datetime) -> None:
    """Deletes the actions before a moment."""
    tx.execute(delete(admin_log).where(admin_log.c.at < before))
