"""Pauses subscriptions, also until a day that their readers named."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from digest.store.database.support_tables import subscription_pause
from digest.store.subscribers import subscriptions


def set_paused(
    tx: Connection, subscription_id: int, *, paused: bool, until: datetime | None = None
) -> None:
    """Pauses or resumes a subscription, as `subscriptions.set_paused` does.

    Args:
        tx: Write transaction.
        subscription_id: The subscription.
        paused: True pauses, False resumes.
        until: When it is resumed by itself; None: never.
    """
    tx.execute(delete(subscription_pause).where(_is_of(subscription_id)))
    subscriptions.set_paused(tx, paused=paused, subscription_id=subscription_id)
    if paused and until is not None:
        row = {"subscription_id": subscription_id, "until": until}
        tx.execute(insert(subscription_pause).values(row))


def paused_until(tx: Connection, subscription_id: int) -> datetime | None:
    """Returns when a paused subscription is resumed by itself; None: not by itself."""
    until = select(subscription_pause.c.until).where(_is_of(subscription_id))
    return tx.execute(until).scalar_one_or_none()


def over(tx: Connection, *, now: datetime) -> list[int]:
    """Returns the subscriptions whose pause has ended."""
    columns = subscription_pause.c
    return list(tx.execute(select(columns.subscription_id).where(columns.until <= now)).scalars())


def _is_of(subscription_id: int) -> ColumnElement[bool]:
    return subscription_pause.c.subscription_id == subscription_id
