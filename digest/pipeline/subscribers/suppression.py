"""Suppresses an address: it gets no more mail, until the operator resumes it."""

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
    """Suppresses an address because a message to it failed.

    Does nothing if the address is closed already, or if its status changed after the message was
    composed, for example because the reader subscribed again.

    Args:
        tx: A write transaction.
        email: The address.
        composed_at: When the failed message was composed; None if that is unknown.
        origin: The origin for the consent log: `bounce`, `complaint` or similar.
        detail: Further details for the consent log, such as the status code.
        now: The current time.

    Returns:
        Whether this call suppressed the address.
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
