"""enrol: the subscriptions of profiles/*.toml, made as the files say."""

from datetime import datetime

from digest.config.profiles import Profiles
from digest.core.roster import Desired, Roster, reconcile
from digest.errors import HomeError
from digest.store import subscriptions
from digest.store.engine import Store


def enrol(store: Store, profiles: Profiles, *, now: datetime) -> Roster:
    """Makes the file subscriptions what the files say; returns what changed.

    Files that cannot be read keep the subscription they had. A missing folder ends nothing:
    it is more likely an accident than the wish of all readers.

    Raises:
        HomeError: the folder is missing, and there are subscriptions that came from it.
    """
    desired = [
        Desired(name=file.name, email=file.authored.email, profile_text=file.text)
        for file in profiles.files
    ]
    with store.write() as tx:
        standing = subscriptions.standing(tx)
        if profiles.missing and any(item.live for item in standing.subscriptions):
            raise HomeError(
                f"{profiles.missing} is missing, and its subscriptions were left as they are; "
                "bring it back, or make it anew and empty to end them"
            )
        roster = reconcile(desired, standing, broken=profiles.broken)
        subscriptions.apply(tx, roster, now)
    return roster
