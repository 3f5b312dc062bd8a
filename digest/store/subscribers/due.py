"""Which subscriptions may have a digest now, asked of the database, and when the next one is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, update

from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import MAX_SLOT_GAP, DueState
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, subscription
from digest.store.database.statements import AnyRow
from digest.store.papers import announcements
from digest.store.subscribers.subscriptions import of_row, with_address


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSubscription:
    """A live subscription, and when it comes."""

    subscription: Subscription
    known: DueState


def due(tx: Connection, *, now: datetime) -> list[DueSubscription]:
    """Those to look at now; one whose slot was empty waits for news or the end of its patience.

    A slot further ahead than any can be was set by a clock that was wrong: it is looked at, too.
    """
    mine = subscription.c
    wakes = or_(
        mine.waiting_until.is_(None),
        mine.waiting_until <= now,
        mine.read_through < announcements.head(tx),
    )
    return _select_due(
        tx,
        or_(and_(mine.next_due <= now, wakes), mine.next_due > now + MAX_SLOT_GAP),
        mine.paused.is_(False),
        address.c.status == AddressStatus.ACTIVE,
    )


def everyone(tx: Connection, *, email: str | None = None) -> list[DueSubscription]:
    """All that are live, or those of an address."""
    return _select_due(tx, *([] if email is None else [address.c.email_key == address_key(email)]))


def settle(
    tx: Connection,
    subscription_id: int,
    *,
    known: DueState,
    then: DueState,
    read_through: int | None = None,
) -> bool:
    """Says when a subscription comes next, and how far it has read; never back.

    Args:
        tx: the transaction.
        subscription_id: which one.
        known: what this was decided on; if that holds no longer, nothing changes.
        then: what holds from now on.
        read_through: what is up to here was considered.

    Returns:
        Whether it still held: false if another process was faster.
    """
    mine = subscription.c
    values: dict[str, object] = {
        "next_due": then.next_due,
        "waiting_until": then.waiting_until,
        "used_at": then.used_at,
    }
    if read_through is not None:
        ahead = mine.read_through < read_through
        values["read_through"] = case((ahead, read_through), else_=mine.read_through)
    held = update(subscription).where(
        mine.id == subscription_id,
        mine.next_due == known.next_due,
        mine.used_at.is_not_distinct_from(known.used_at),
    )
    return tx.execute(held.values(**values)).rowcount > 0


def _select_due(tx: Connection, *where: ColumnElement[bool]) -> list[DueSubscription]:
    live = with_address().where(subscription.c.ended_at.is_(None), *where)
    return [
        DueSubscription(subscription=of_row(row), known=_state(row))
        for row in tx.execute(live.order_by(subscription.c.id))
    ]


def _state(row: AnyRow) -> DueState:
    return DueState(next_due=row.next_due, used_at=row.used_at, waiting_until=row.waiting_until)


def soonest(tx: Connection) -> datetime | None:
    """When the next subscription is to be looked at; None if nobody is waiting for a digest."""
    mine = subscription.c
    first = (
        select(mine.next_due)
        .join_from(subscription, address)
        .where(
            mine.ended_at.is_(None),
            mine.paused.is_(False),
            address.c.status == AddressStatus.ACTIVE,
        )
        .order_by(mine.next_due)
        .limit(1)
    )
    return tx.execute(first).scalar_one_or_none()
