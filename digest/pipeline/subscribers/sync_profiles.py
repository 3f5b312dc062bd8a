"""Updates the subscriptions that come from the files in `profiles/`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from digest.config.profiles.loader import LoadedProfiles
from digest.core.subscribers.reconcile import (
    ProfileSubscription,
    SubscriptionChanges,
    address_key,
    reconcile,
)
from digest.errors import HomeError
from digest.pipeline.subscribers import erasure
from digest.store.database.store import Store
from digest.store.subscribers import subscriptions


def sync_profiles(
    store: Store, profiles: LoadedProfiles, *, now: datetime, keys: Sequence[bytes]
) -> SubscriptionChanges:
    """Adds, changes and ends subscriptions, so that they correspond to the profile files.

    The subscription of a file that cannot be read stays as it is. If the folder is missing, no
    subscription ends, because this is more likely an accident than the wish of all readers.

    Args:
        store: The database.
        profiles: The profile files.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.

    Returns:
        The changes.

    Raises:
        HomeError: The folder is missing, and there are subscriptions that came from it.
    """
    desired = [
        ProfileSubscription(name=file.name, email=file.authored.email, profile_text=file.text)
        for file in profiles.files
    ]
    with store.write() as tx:
        current = subscriptions.current_subscriptions(tx)
        if profiles.missing and any(item.live for item in current.subscriptions):
            raise HomeError(
                f"{profiles.missing} is missing, so its subscriptions were not changed; "
                "restore the folder, or create an empty one to end them"
            )
        emails = {address_key(item.email) for item in desired}
        erased = erasure.closed_before_erasure(tx, emails, keys=keys)
        current = replace(current, closed={**erased, **current.closed})
        changes = reconcile(desired, current, broken=profiles.broken)
        subscriptions.apply_changes(tx, changes, now)
    return changes
