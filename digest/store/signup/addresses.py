"""Changes the address of a reader."""

from datetime import datetime

from sqlalchemy import Connection, update

from digest.core.subscribers.reconcile import address_key, normalize_address
from digest.store.database.schema import address
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import subscriptions


def change_email(tx: Connection, old: str, new: str, *, now: datetime) -> bool:
    """Gives all subscriptions of an address a new address.

    Args:
        tx: Write transaction.
        old: The address as it is stored.
        new: The new one.
        now: Current time.

    Returns:
        False if the old address is unknown, or the new one is known.
    """
    known = subscriptions.find_address(tx, old)
    if known is None or subscriptions.find_address(tx, new) is not None:
        return False
    values = {"email": normalize_address(new), "email_key": address_key(new)}
    tx.execute(update(address).where(address.c.id == known.address_id).values(**values))
    consent_store.add(
        tx, known.address_id, at=now, event="address changed", origin="web", detail="both confirmed"
    )
    return True
