"""Changes the profile of a reader as text, after the operator has seen what it would have brought."""

from datetime import datetime

from digest.config.profiles import loader as profile_loader
from digest.core.models.profiles import Profile
from digest.errors import UsageError
from digest.pipeline.admin.readers import ReaderProfile
from digest.pipeline.profiles.profile_sources import for_any_reader, with_email
from digest.pipeline.subscribers.reading_lists import with_stored_papers
from digest.store.database.store import Store
from digest.store.subscribers import profiles, subscriptions

MAX_TEXT = 60_000  # characters


def parse(store: Store, text: str, *, item: ReaderProfile) -> Profile:
    """Returns what the text of a profile says, with the papers that it names.

    Args:
        store: The database, which has the papers.
        text: TOML.
        item: The digest whose profile it is.

    Raises:
        ProfileError: The text is not valid; says where.
        UsageError: It is too long.
    """
    if len(text) > MAX_TEXT:
        raise UsageError(f"the profile is longer than {MAX_TEXT:,} characters")
    found = profile_loader.parse(
        with_email(text, item.subscription.email), file=item.subscription.name
    )
    with store.read() as tx:
        return with_stored_papers(tx, found.profile)


def save(store: Store, text: str, *, item: ReaderProfile, now: datetime) -> str:
    """Stores a profile, which follows no file from now on; returns what was done.

    Args:
        store: The database.
        text: TOML.
        item: The digest, as it was shown when the operator began to edit.
        now: The current time.

    Raises:
        ProfileError: The text is not valid; says where.
        UsageError: A file decides about it, or somebody else has changed it meanwhile.
    """
    subscription = item.subscription
    if item.file is not None:
        raise UsageError(f"{item.file} decides about this profile; change that file")
    parsed = profile_loader.parse(
        with_email(text, subscription.email), file=subscription.name
    ).profile
    with store.write() as tx:
        live = subscriptions.live_subscriptions(tx, email=subscription.email)
        same = [one for one in live if one.subscription_id == subscription.subscription_id]
        if not same:
            raise UsageError("this digest has ended meanwhile")
        if profiles.text_of(tx, same[0]) != item.text:
            raise UsageError("somebody has changed this profile meanwhile; look at it again")
        subscriptions.replace_profile(
            tx,
            subscription.subscription_id,
            name=subscription.name,
            origin=subscription.origin,
            profile_text=for_any_reader(text),
            profile_file=None,
            profile=parsed,
            now=now,
        )
    return f"{subscription.name}: saved"
