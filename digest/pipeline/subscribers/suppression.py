"""Suppresses an address: nothing is sent to it any more, until the operator lifts it."""

from datetime import datetime

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.reconcile import CLOSED
from digest.store.database.store import Connection
from digest.store.subscribers import subscriptions


def suppress(
    tx: Connection,
    email: str,
    *,
    composed_at: datetime | None,
    origin: str,
    detail: str,
    now: datetime,
) -> bool:
    """Suppresses the address, unless it is closed or its status changed after that message.

    Args:
        tx: a transaction that writes.
        email: the address.
        composed_at: when the message was composed that was refused or came back; None: unknown.
        origin: for the consent log.
        detail: for the consent log.
        now: the moment.

    Returns:
        Whether the address is suppressed by this call.
    """
    address = subscriptions.find_address(tx, email)
    if address is None or address.status in CLOSED:
        return False
    if composed_at is not None and composed_at < address.changed_at:
        return False
    return subscriptions.set_status(
        tx,
        email,
        AddressStatus.SUPPRESSED,
        event="suppressed",
        origin=origin,
        detail=detail,
        now=now,
    )
