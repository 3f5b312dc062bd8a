"""Removes a reader from a mailing list at the reader's wish, for the operator."""

from datetime import datetime

from digest.errors import UsageError
from digest.store.database.store import Store
from digest.store.mailing_lists import memberships
from digest.store.subscribers import subscriptions


def remove_from_list(store: Store, *, email: str, list_name: str, now: datetime) -> None:
    """Ends the membership of an address, which comes back only with a newer consent.

    Args:
        store: The database.
        email: The address.
        list_name: The list.
        now: The current time.

    Raises:
        UsageError: The address is not in the list.
    """
    with store.write(durable=True) as tx:
        live = subscriptions.live_subscriptions(tx, email=email)
        found = [item for item in live if item.list_name == list_name]
        if not found:
            raise UsageError(f"{email} is not in the list {list_name}")
        for item in found:
            memberships.leave(tx, item, origin=memberships.OPERATOR, now=now)
