"""Finds the subscriptions that may be due, and stores when each is due next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, update

from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import MAX_SLOT_GAP, DueState
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, subscription
from digest.store.database.statements import AnyRow
from digest.store.papers import announcements
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSubscription:
    """A live subscription with its schedule state."""

    subscription: Subscription
    state: DueState  # when it is due next, as stored


def due(tx: Connection, *, now: datetime) -> list[DueSubscription]:
    """Returns the subscriptions to check now.

    A subscription whose last check found no papers waits for new announcements, at most until
    `waiting_until`.
    """
    columns = subscription.c
    stops_waiting = or_(
        columns.waiting_until.is_(None),
        columns.waiting_until <= now,
        columns.read_through < announcements.last_seq(tx),
    )
    # No slot can be further ahead than MAX_SLOT_GAP: such a slot was set by a wrong clock.
    set_by_wrong_clock = columns.next_due > now + MAX_SLOT_GAP
    return _select_live(
        tx,
        or_(and_(columns.next_due <= now, stops_waiting), set_by_wrong_clock),
        columns.paused.is_(False),
        address.c.status == AddressStatus.ACTIVE,
    )


def all_live(tx: Connection, *, email: str | None = None) -> list[DueSubscription]:
    """Returns all live subscriptions, due or not.

    Args:
        tx: Transaction.
        email: Only those of this address; None: of all.
    """
    return _select_live(tx, *([] if email is None else [address.c.email_key == address_key(email)]))


def save_state(
    tx: Connection,
    subscription_id: int,
    *,
    known: DueState,
    then: DueState,
    read_through: int | None = None,
) -> bool:
    """Stores when a subscription is due next, and how far it has read the announcements.

    Args:
        tx: Write transaction.
        subscription_id: Subscription to change.
        known: The state on which the decision is based. If it has changed, nothing is stored.
        then: The new state.
        read_through: Last announcement that was considered; None: no change. A value lower than
            the stored one is ignored.

    Returns:
        False if another process has changed the state.
    """
    columns = subscription.c
    values: dict[str, object] = {
        "next_due": then.next_due,
        "waiting_until": then.waiting_until,
        "used_at": then.used_at,
    }
    if read_through is not None:
        is_later = columns.read_through < read_through
        values["read_through"] = case((is_later, read_through), else_=columns.read_through)
    unchanged = update(subscription).where(
        columns.id == subscription_id,
        columns.next_due == known.next_due,
        columns.used_at.is_not_distinct_from(known.used_at),
    )
    return tx.execute(unchanged.values(**values)).rowcount > 0


def _select_live(tx: Connection, *where: ColumnElement[bool]) -> list[DueSubscription]:
    live = select_subscriptions().where(subscription.c.ended_at.is_(None), *where)
    return [
        DueSubscription(subscription=from_row(row), state=_state(row))
        for row in tx.execute(live.order_by(subscription.c.id))
    ]


def _state(row: AnyRow) -> DueState:
    return DueState(next_due=row.next_due, used_at=row.used_at, waiting_until=row.waiting_until)


def next_due_at(tx: Connection) -> datetime | None:
    """Returns when the next subscription is due; None if no subscription is active."""
    columns = subscription.c
    first = (
        select(columns.next_due)
        .join_from(subscription, address)
        .where(
            columns.ended_at.is_(None),
            columns.paused.is_(False),
            address.c.status == AddressStatus.ACTIVE,
        )
        .order_by(columns.next_due)
        .limit(1)
    )
    return tx.execute(first).scalar_one_or_none()
