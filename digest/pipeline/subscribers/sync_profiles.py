"""Updates the subscriptions that come from files in `profiles/` or follow another file."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.config.profiles.loader import LoadedProfiles
from digest.core.subscribers.reconcile import (
    ProfileSubscription,
    SubscriptionChanges,
    address_key,
    reconcile,
)
from digest.errors import HomeError
from digest.pipeline.mailing_lists.removed_files import sync_removed
from digest.pipeline.mailing_lists.sync_lists import sync_lists
from digest.pipeline.profiles.liked_libraries import LibraryReader
from digest.pipeline.profiles.profile_sources import follow_files
from digest.pipeline.subscribers import leavings
from digest.pipeline.subscribers.reading_lists import sync_reading_lists
from digest.store.database.store import Store
from digest.store.subscribers import profile_files


def sync_profiles(
    store: Store,
    profiles: LoadedProfiles,
    *,
    now: datetime,
    keys: Sequence[bytes],
    lists: MailingLists = NO_LISTS,
    libraries: LibraryReader | None = None,
) -> SubscriptionChanges:
    """Adds, changes and ends subscriptions, so that they correspond to the profile files.

    Added and imported subscriptions, and the members of mailing lists, get the changes of the files
    that they follow. They end when the file or the list is removed. The reading lists of all profiles
    are read again.

    The subscription of a file that cannot be read stays as it is. If the folder is missing, no
    subscription ends, because this is more likely an accident than the wish of all readers.

    Args:
        store: The database.
        profiles: The profile files.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.
        lists: The mailing lists.
        libraries: Reads libraries of Zotero that profiles name in `likes`; None: they are not read.

    Returns:
        The changes.

    Raises:
        HomeError: The folder is missing, and there are subscriptions that came from it.
    """
    desired = [
        ProfileSubscription(
            name=file.name,
            email=file.email,
            profile_text=file.text,
            profile=file.parsed.profile if file.parsed else None,
        )
        for file in profiles.files
    ]
    with store.write() as tx:
        current = profile_files.current_subscriptions(tx, [item.email for item in desired])
        if profiles.missing and any(item.live for item in current.subscriptions):
            raise HomeError(
                f"{profiles.missing} is missing, so its subscriptions were not changed; "
                "restore the folder, or create an empty one to end them"
            )
        emails = {address_key(item.email) for item in desired}
        # Only a hash of an erased address is stored, which `reconcile` could not compare.
        erased = leavings.find_erased(tx, emails, keys=keys)
        closed = {email: leaving.status for email, leaving in erased.items()}
        current = replace(current, closed={**closed, **current.closed})
        changes = reconcile(desired, current, broken=profiles.broken)
        if profiles.folder is not None:
            home = profiles.folder.parent
            of_lists = sync_lists(tx, lists, now=now)
            followed, of_files = sync_removed(tx, home=home, now=now)
            updates, warnings = follow_files(tx, followed, home=home)
            warnings = [*of_lists, *of_files, *warnings]
            changes = replace(
                changes,
                follow=tuple(updates),
                warnings=(*changes.warnings, *warnings),
            )
        profile_files.apply_changes(tx, changes, now)
    if profiles.folder is not None:
        warnings = sync_reading_lists(
            store, home=profiles.folder.parent, now=now, libraries=libraries
        )
        changes = replace(changes, warnings=(*changes.warnings, *warnings))
    return changes
