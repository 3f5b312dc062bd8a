"""Lays what was learned from readers over their profiles, before papers are ranked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from digest.core.models.profiles import Profile
from digest.core.profiles.learned import with_learned
from digest.pipeline.publishing.due import DueProfile
from digest.store.database.store import Connection, Store
from digest.store.subscribers import feedback


def with_learned_profiles(tx: Connection, due: Sequence[DueProfile], day: date) -> list[DueProfile]:
    """Returns due subscriptions with the profiles that their digests are made with.

    Args:
        tx: Transaction.
        due: Subscriptions with the profiles as they were written.
        day: The day (UTC) to which feedback fades.
    """
    learned = feedback.learned(tx, {item.subscription.subscription_id for item in due})
    return [
        replace(item, profile=with_learned(item.profile, found, as_of=day))
        if (found := learned.get(item.subscription.subscription_id))
        else item
        for item in due
    ]


def learned_profile(store: Store, profile: Profile, *, profile_text: str, day: date) -> Profile:
    """Returns a profile with what was learned for the subscription that has its text.

    Args:
        store: The database.
        profile: As it was written.
        profile_text: Its text; empty: it has none, and nothing was learned.
        day: The day (UTC) to which feedback fades.
    """
    if not profile_text:
        return profile
    with store.read() as tx:
        live = feedback.with_profile_text(tx, profile_text)
        learned = feedback.learned(tx, live)
    # Of several readers with one text, none is meant.
    if len(live) != 1 or live[0] not in learned:
        return profile
    return with_learned(profile, learned[live[0]], as_of=day)
