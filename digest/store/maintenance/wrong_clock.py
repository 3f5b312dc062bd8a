"""Corrects what runs with a wrong clock have stored.

The clock of a machine may be wrong for a while, for example until it has reached a time server.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from digest.core.models.delivery import EditionState
from digest.core.subscribers.due_times import MAX_CLOCK_ERROR
from digest.store.database.schema import edition, subscription
from digest.store.editions import delivery_pause
from digest.store.editions.ledger import update_editions

_MAX_OFFSET = timedelta(days=1)  # between the dates of two time zones


def correct_times_ahead(tx: Connection, *, now: datetime) -> None:
    """Corrects what depends on times that are too far ahead. For a clock that was set back.

    Subscriptions are due for a check, deferred editions for another attempt, and sending is not
    paused. Editions that expired while the clock was ahead are queued again.

    Args:
        tx: Write transaction.
        now: Current time.
    """
    horizon = now + MAX_CLOCK_ERROR
    columns = subscription.c
    tx.execute(
        update(subscription)
        .where(columns.ended_at.is_(None), columns.next_due > now)
        .values(next_due=now)
    )
    # Otherwise it would count as used up when that day really comes.
    tx.execute(update(subscription).where(columns.used_at > horizon).values(used_at=None))
    tx.execute(
        update(subscription).where(columns.waiting_until > horizon).values(waiting_until=None)
    )
    waits_for_attempt = edition.c.state.in_([EditionState.DEFERRED, EditionState.IN_DOUBT])
    update_editions(
        tx, [waits_for_attempt, edition.c.next_attempt_at > horizon], next_attempt_at=now
    )
    expired_ahead = [
        edition.c.state == EditionState.EXPIRED,
        edition.c.settled_at > horizon,
        edition.c.composed_at.between(now - MAX_CLOCK_ERROR, horizon),
    ]
    update_editions(
        tx, expired_ahead, state=EditionState.QUEUED, next_attempt_at=now, released_at=now
    )
    pause = delivery_pause.current_pause(tx)
    if pause is not None and pause.until > horizon:
        delivery_pause.delete_pause(tx)


def release_editions_dated_back(tx: Connection, *, oldest: datetime, now: datetime) -> int:
    """Releases waiting editions that seem too old only because the clock was behind.

    Such an edition was made after another one, by its id, that is not too old.

    Args:
        tx: Write transaction.
        oldest: Editions from before this moment are too old.
        now: Current time. The hours of the released editions start now.

    Returns:
        The number of released editions.
    """
    waiting = [
        edition.c.state.in_([EditionState.QUEUED, EditionState.DEFERRED, EditionState.IN_DOUBT]),
        edition.c.released_at.is_(None),
        edition.c.composed_at < oldest - MAX_CLOCK_ERROR,
    ]
    # There are hardly ever any, and the next query reads all editions.
    if tx.execute(select(edition.c.id).where(*waiting).limit(1)).first() is None:
        return 0
    recent = edition.c.composed_at.between(oldest, now + MAX_CLOCK_ERROR)
    first_recent = tx.execute(select(func.min(edition.c.id)).where(recent)).scalar_one()
    if first_recent is None:
        return 0
    return update_editions(
        tx, [*waiting, edition.c.id > first_recent], released_at=now, next_attempt_at=now
    )


def count_editions_ahead(tx: Connection, *, now: datetime) -> int:
    """Counts the editions that were made at a time that is too far ahead."""
    # The local date says where to look: editions are found by their subscription and date.
    first_day = (now + MAX_CLOCK_ERROR).date() - _MAX_OFFSET
    ahead = (
        select(func.count())
        .select_from(edition)
        .where(
            edition.c.subscription_id == subscription.c.id,
            edition.c.local_date >= first_day,
            edition.c.composed_at > now + MAX_CLOCK_ERROR,
        )
        .scalar_subquery()
    )
    return int(tx.execute(select(func.sum(ahead)).select_from(subscription)).scalar() or 0)
