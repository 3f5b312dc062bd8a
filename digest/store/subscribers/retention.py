"""Finds the data about former readers that is old enough to be removed."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    delete,
    func,
    or_,
    select,
    text,
)

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus, EndCause
from digest.core.subscribers.reconcile import CLOSED
from digest.store.database.schema import address, bounce, edition, subscription


class FormerReader(Struct, frozen=True, kw_only=True):
    """An address that has got no mail for a long time."""

    address_id: int
    email: str
    status: AddressStatus
    left_at: datetime  # with a status of `CLOSED`
    left_list_at: datetime | None = None  # when the reader last left a mailing list


def former_readers(tx: Connection, *, before: datetime, limit: int) -> list[FormerReader]:
    """Returns the addresses whose readers left before a moment.

    These are the unsubscribed and suppressed addresses, and those whose subscriptions have all
    ended. An address to which a message is being sent is left out.

    Args:
        tx: Transaction.
        before: Only those who left before it.
        limit: Return at most this number.
    """
    return [
        FormerReader(
            address_id=row.id,
            email=row.email,
            status=row.status,
            left_at=row.changed_at,
            left_list_at=row.left_list_at,
        )
        for row in tx.execute(
            select(address, _left_list_at().label("left_list_at"))
            .where(_is_former(before))
            .order_by(address.c.id)
            .limit(limit)
        )
    ]


def remove_bounces(tx: Connection, *, before: datetime) -> int:
    """Deletes the reports of bounces and complaints from before a moment; returns how many."""
    return tx.execute(delete(bounce).where(bounce.c.at < before)).rowcount


def overwrite_deleted(tx: Connection) -> None:
    """Makes SQLite overwrite what this connection deletes; PostgreSQL's VACUUM does that later."""
    if tx.dialect.name == "sqlite":
        tx.execute(text("PRAGMA secure_delete = ON"))


def _left_list_at() -> ScalarSelect[datetime]:
    return (
        select(func.max(subscription.c.ended_at))
        .where(
            subscription.c.address_id == address.c.id,
            subscription.c.ended_by == EndCause.READER,
        )
        .scalar_subquery()
    )


def _is_former(before: datetime) -> ColumnElement[bool]:
    of_address = subscription.c.address_id == address.c.id
    live = select(subscription.c.id).where(of_address, subscription.c.ended_at.is_(None)).exists()
    last_end = select(func.max(subscription.c.ended_at)).where(of_address).scalar_subquery()
    being_sent = (
        select(edition.c.id)
        .join_from(edition, subscription)
        .where(of_address, edition.c.state == EditionState.CLAIMED)
        .exists()
    )
    return and_(
        address.c.changed_at < before,
        or_(
            address.c.status.in_(CLOSED),
            and_(~live, func.coalesce(last_end, address.c.changed_at) < before),
        ),
        ~being_sent,
    )
