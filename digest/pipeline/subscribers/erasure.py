"""Exports and erases the stored data of an address.

A keyed hash of the address stays after the erasure, so that no list or file brings it back by
mistake. Without the key, the hash does not reveal the address.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import UsageError
from digest.pipeline.subscribers import leavings
from digest.store.database.store import Store
from digest.store.subscribers import erasure as erasure_store
from digest.store.subscribers import subscriptions


def export(store: Store, *, email: str) -> dict[str, list[dict[str, Any]]]:
    """Returns everything that is stored about an address, as rows by table.

    Raises:
        UsageError: There is no such subscriber.
    """
    with store.read() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        return erasure_store.export_rows(tx, address.address_id)


def erase(
    store: Store, *, email: str, profiles: LoadedProfiles, keys: Sequence[bytes], now: datetime
) -> bool:
    """Removes an address and everything that is stored about it.

    A keyed hash stays. At the end, the deleted data is also removed from the files of the database.
    A second call completes an interrupted one.

    Args:
        store: The database.
        email: The address.
        profiles: The profile files. None of them may contain the address, because the next run
            would subscribe it again.
        keys: The keys of the hashes; the first one is used.
        now: The current time.

    Returns:
        False if there was no such address.

    Raises:
        UsageError: A profile file contains the address.
        StoreError: A message to the address is being sent at this moment.
    """
    for file in profiles.files:
        if address_key(file.authored.email) == address_key(email):
            raise UsageError(
                f"profiles/{file.name}.toml: it contains {email} and would subscribe it again;"
                " delete the file first"
            )
    with store.write(durable=True) as tx:
        address = subscriptions.find_address(tx, email)
        if address is not None:
            status = address.status if address.status in CLOSED else AddressStatus.ERASED
            leavings.remember(tx, email, status, at=now, key=keys[0])
            erasure_store.erase(tx, address.address_id)
    # Also without such an address: an earlier call may have been interrupted before this.
    erasure_store.remove_deleted_data(store)
    return address is not None
