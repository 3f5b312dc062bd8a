"""Records who left another list, so that no import and no profile file subscribes them."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.list_status import ListStatus
from digest.core.subscribers.reconcile import CLOSED
from digest.pipeline.subscribers import leavings
from digest.store.database.store import Connection
from digest.store.subscribers import subscriptions

_STATUSES = {
    ListStatus.LEFT: AddressStatus.UNSUBSCRIBED,
    ListStatus.BOUNCED: AddressStatus.SUPPRESSED,
}


class GoneReader(Struct, frozen=True, kw_only=True):
    """A row of a reader who left, or whose mailbox does not exist."""

    line: int
    email: str
    status: ListStatus
    at: datetime | None  # when; None if the list does not say


def record(
    tx: Connection, reader: GoneReader, *, cause: str, keys: Sequence[bytes], now: datetime
) -> bool:
    """Records that a reader left.

    Of an address that is not stored, only a keyed hash is kept. A reader of this installation who
    agreed later than that stays.

    Args:
        tx: A write transaction.
        reader: The row.
        cause: The command, and the line of the file, for the consent log.
        keys: The keys of hashes; the first one makes them.
        now: The current time.

    Returns:
        False if the reader agreed later, or has left here too.
    """
    status = _STATUSES[reader.status]
    address = subscriptions.find_address(tx, reader.email)
    if address is None:
        if keys:
            leavings.remember(tx, reader.email, status, at=reader.at or now, key=keys[0])
        return bool(keys)
    if address.status in CLOSED or reader.at is None or reader.at <= address.changed_at:
        return False
    return subscriptions.set_status(
        tx,
        reader.email,
        status,
        event="left another list",
        origin=leavings.OPERATOR,
        detail=cause,
        now=now,
    )
