"""enrol: the subscriptions of profiles/*.toml, made as the files say."""

from datetime import datetime

from digest.config.profiles import Profiles
from digest.core.roster import Desired, Roster, reconcile
from digest.store import subscriptions
from digest.store.engine import Store


def enrol(store: Store, profiles: Profiles, *, now: datetime) -> Roster:
    """Makes the file subscriptions what the files say; returns what changed.

    Files that cannot be read keep the subscription they had.
    """
    desired = [
        Desired(name=file.name, email=file.authored.email, profile_text=file.text)
        for file in profiles.files
    ]
    with store.write() as tx:
        roster = reconcile(desired, subscriptions.standing(tx), broken=profiles.broken)
        subscriptions.apply(tx, roster, now)
    return roster
