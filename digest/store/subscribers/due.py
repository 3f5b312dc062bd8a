"""Finds the subscriptions that may be due, and stores when each is due next."""

from array import array
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
    update,
)

from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import MAX_SLOT_GAP, DueState
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, subscription
from digest.store.database.statements import IN_LIST, AnyRow, rows_in
from digest.store.papers import announcements
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


class DueSubscription(Struct, frozen=True, kw_only=True):
    """A live subscription with its schedule state."""

    subscription: Subscription
    state: DueState  # when it is due next, as stored


class StateChange(Struct, frozen=True, kw_only=True):
    """A change of the schedule state of a subscription, see `save_states`."""

    known: DueState  # the state on which the decision is based
    then: DueState  # the new state
    # Last announcement that was considered; None: no change. A lower value than the stored one is ignored.
    read_through: int | None = None


def due_ids(tx: Connection, *, now: datetime) -> "array[int]":
    """Returns the ids of the subscriptions to check now; those that have read equally far together.

    A subscription whose last check found no papers waits for new announcements, at most until
    `waiting_until`.
    """
    columns = subscription.c
    found = select(columns.id).join_from(subscription, address).where(*_is_due(tx, now))
    found = found.where(columns.ended_at.is_(None)).order_by(columns.read_through, columns.id)
    # Not a list: of a million readers, this is 8 MB, which other processes can share.
    return array("q", tx.execute(found).scalars())


def due_among(tx: Connection, ids: Collection[int], *, now: datetime) -> list[DueSubscription]:
    """Returns those of some subscriptions that are to be checked now."""
    # As one value: SQLite would look for the condition by its index, and so read for each query all
    # subscriptions that are due, however few were asked about.
    is_due = func.coalesce(and_(subscription.c.ended_at.is_(None), *_is_due(tx, now)), false())
    live = _select().where(is_due)
    rows = rows_in(tx, live, subscription.c.id, ids)
    return [DueSubscription(subscription=from_row(row), state=_state(row)) for row in rows]


def not_due(tx: Connection, *, now: datetime, limit: int) -> list[DueSubscription]:
    """Returns the first live subscriptions that `due_ids` does not return.

    Args:
        tx: Transaction.
        now: The current time.
        limit: At most so many.
    """
    return _select_live(tx, not_(func.coalesce(and_(*_is_due(tx, now)), false())), limit=limit)


class LiveCounts(Struct, frozen=True, kw_only=True):
    """How many live subscriptions there are."""

    live: int
    later: int  # of those that may get mail, how many are due later
    next_due: datetime | None  # the first time of those


def count_live(tx: Connection, *, now: datetime) -> LiveCounts:
    """Counts the live subscriptions."""
    columns = subscription.c
    live = select(func.count()).where(columns.ended_at.is_(None))
    later = (
        select(func.count(), func.min(columns.next_due))
        .join_from(subscription, address)
        .where(
            columns.ended_at.is_(None),
            columns.next_due > now,
            columns.paused.is_(False),
            address.c.status == AddressStatus.ACTIVE,
        )
    )
    count, first = tx.execute(later).one()
    return LiveCounts(live=tx.execute(live).scalar_one(), later=count, next_due=first)


def _is_due(tx: Connection, now: datetime) -> tuple[ColumnElement[bool], ...]:
    columns = subscription.c
    stops_waiting = or_(
        columns.waiting_until.is_(None),
        columns.waiting_until <= now,
        columns.read_through < announcements.last_seq(tx),
    )
    # No slot can be further ahead than MAX_SLOT_GAP: such a slot was set by a wrong clock.
    set_by_wrong_clock = columns.next_due > now + MAX_SLOT_GAP
    return (
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


def save_states(tx: Connection, changes: Mapping[StateChange, Collection[int]]) -> None:
    """Stores when subscriptions are due next, and how far they have read the announcements.

    Args:
        tx: Write transaction.
        changes: For each change the ids of the subscriptions with it. What another process has
            changed stays as it is.
    """
    for change, ids in changes.items():
        unchanged = _unchanged(change.known).values(_new_state(change.then, change.read_through))
        ordered = sorted(ids)
        for start in range(0, len(ordered), IN_LIST):
            chunk = ordered[start : start + IN_LIST]
            tx.execute(unchanged.where(subscription.c.id.in_(chunk)))


def _new_state(then: DueState, read_through: int | None) -> dict[str, object]:
    values: dict[str, object] = {
        "next_due": then.next_due,
        "waiting_until": then.waiting_until,
        "used_at": then.used_at,
    }
    if read_through is not None:
        stored = subscription.c.read_through
        values["read_through"] = case((stored < read_through, read_through), else_=stored)
    return values


def _unchanged(known: DueState) -> Update:
    columns = subscription.c
    return update(subscription).where(
        columns.next_due == known.next_due,
        columns.used_at.is_not_distinct_from(known.used_at),
    )


def _select_live(
    tx: Connection, *where: ColumnElement[bool], limit: int | None = None
) -> list[DueSubscription]:
    live = _select().where(subscription.c.ended_at.is_(None), *where)
    return [
        DueSubscription(subscription=from_row(row), state=_state(row))
        for row in tx.execute(live.order_by(subscription.c.id).limit(limit))
    ]


def _select() -> Select[*tuple[Any, ...]]:
    """Selects what `DueSubscription` needs; reading the other times takes as long again."""
    columns = subscription.c
    others = {columns.created_at, columns.ended_at, columns.ended_by, columns.address_id}
    wanted = [column for column in columns if column not in others]
    found = select_subscriptions()
    return found.with_only_columns(*wanted, address.c.email, address.c.status)


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
