"""Removes what is stored about former readers, after the time for which it is kept.

A keyed hash of the address of a reader who left stays, so that no list brings it back.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.reconcile import CLOSED
from digest.pipeline.subscribers import leavings
from digest.store.database.store import Store
from digest.store.subscribers import profiles, retention

_BATCH = 20  # addresses in one transaction: other writers wait only for so many


class ReaderPruneReport(Struct, frozen=True, kw_only=True):
    """What was removed."""

    before: datetime  # only what is older was removed
    readers: int = 0  # addresses with everything that is stored about them
    bounces: int = 0  # reports about addresses that still get mail


def prune_readers(store: Store, *, before: datetime, keys: Sequence[bytes]) -> ReaderPruneReport:
    """Removes the addresses of readers who left, with their consent logs, and old bounce reports.

    Profiles that nobody has are removed too.

    After an interruption, the next call continues.

    Args:
        store: The database.
        before: Remove only what is from before this moment.
        keys: The keys of the hashes that stay; the first one is used.
    """
    readers = 0
    while True:
        with store.write() as tx:
            # The setting belongs to the connection, and each transaction may get another one of the
            # pool.
            retention.overwrite_deleted(tx)
            found = retention.former_readers(tx, before=before, limit=_BATCH)
            if found:
                # Imported here: on most days nobody is removed.
                from digest.store.subscribers.erasure import erase
            for item in found:
                # Nobody asked for a hash of an address whose profile file was only deleted.
                if item.status in CLOSED:
                    leavings.remember(tx, item.email, item.status, at=item.left_at, key=keys[0])
                elif item.left_list_at is not None:
                    left, at = AddressStatus.UNSUBSCRIBED, item.left_list_at
                    leavings.remember(tx, item.email, left, at=at, key=keys[0])
                erase(tx, item.address_id)
        readers += len(found)
        if len(found) < _BATCH:
            break
    with store.read() as tx:
        # Profiles of the readers who were removed; their texts may contain names.
        unused = profiles.unused(tx)
    with store.write() as tx:
        retention.overwrite_deleted(tx)
        profiles.remove_unused(tx, unused)
        bounces = retention.remove_bounces(tx, before=before)
    return ReaderPruneReport(before=before, readers=readers, bounces=bounces)
