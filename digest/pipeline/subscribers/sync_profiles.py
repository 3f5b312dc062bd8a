"""enrol: the subscriptions of profiles/*.toml, made as the files say."""

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
    """Makes the file subscriptions what the files say; returns what changed.

    Files that cannot be read keep the subscription they had. A missing folder ends nothing:
    it is more likely an accident than the wish of all readers.

    Args:
        store: where they are kept.
        profiles: what the files say.
        now: the moment.
        keys: of the hashes that are kept of erased addresses.

    Raises:
        HomeError: the folder is missing, and there are subscriptions that came from it.
    """
    desired = [
        ProfileSubscription(name=file.name, email=file.authored.email, profile_text=file.text)
        for file in profiles.files
    ]
    with store.write() as tx:
        standing = subscriptions.current_subscriptions(tx)
        if profiles.missing and any(item.live for item in standing.subscriptions):
            raise HomeError(
                f"{profiles.missing} is missing, and its subscriptions were left as they are; "
                "bring it back, or make it anew and empty to end them"
            )
        emails = {address_key(item.email) for item in desired}
        erased = erasure.kept_closed(tx, emails, keys=keys)
        standing = replace(standing, closed={**erased, **standing.closed})
        roster = reconcile(desired, standing, broken=profiles.broken)
        subscriptions.apply_changes(tx, roster, now)
    return roster
