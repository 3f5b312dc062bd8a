"""Reads stored profiles without parsing them, and compiles those that no process has compiled yet."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from digest.config.profiles import loader as profile_loader
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import Subscription
from digest.core.profiles.compiled import (
    ProfileRecord,
    compile_text,
    written_text,
)
from digest.core.profiles.encoding import ProfileDecoder
from digest.errors import ProfileError
from digest.store.database.store import Connection, Store
from digest.store.subscribers import profiles as profile_store

_CHUNK = 200  # profiles that are parsed before they are stored in one transaction
_NOBODY = "reader@example.org"  # stands for the reader where only the rest of a text is wanted


class StoredProfiles(Struct, frozen=True, kw_only=True):
    """The profiles of subscriptions, each decoded once for all its readers."""

    decoded: Mapping[int, Profile]  # by profile id
    # Texts of the others by profile id: not compiled yet, or refused by this version.
    texts: Mapping[int, str] = field(default_factory=dict)

    def of(self, subscription: Subscription, *, file: str) -> Profile:
        """Returns the profile of a subscription.

        Args:
            subscription: One of those that were asked for.
            file: A name of the profile for error messages.

        Raises:
            ProfileError: This version of the program refuses it.
        """
        profile = self.decoded.get(subscription.profile_id)
        if profile is not None:
            return profile
        text = self.texts.get(subscription.profile_id)
        if text is None:  # it was changed or removed since the subscription was read
            raise ProfileError("was changed by another process; the next run uses it", file=file)
        return profile_loader.parse(written_text(text, subscription.email), file=file).profile


def read(
    tx: Connection, profile_ids: Collection[int], decoder: ProfileDecoder | None = None
) -> StoredProfiles:
    """Reads stored profiles.

    Args:
        tx: A transaction.
        profile_ids: Which ones.
        decoder: Remembers keywords from one call to the next; None: it is called once.
    """
    decode = (decoder or ProfileDecoder()).decode
    decoded: dict[int, Profile] = {}
    others: list[int] = []
    for number, stored in profile_store.by_ids(tx, profile_ids).items():
        if stored.data is not None and stored.is_readable:
            profile = decode(stored.data)
            if _is_zone(profile.timezone):
                decoded[number] = profile
                continue
        others.append(number)
    return StoredProfiles(decoded=decoded, texts=profile_store.texts(tx, others))


def profile_of(tx: Connection, subscription: Subscription, *, file: str) -> Profile:
    """Returns the profile of one subscription.

    Args:
        tx: A transaction.
        subscription: The subscription.
        file: A name of the profile for error messages.

    Raises:
        ProfileError: This version of the program refuses it.
    """
    return read(tx, [subscription.profile_id]).of(subscription, file=file)


def compile_outdated(store: Store) -> int:
    """Compiles the profiles that this version of the program has not compiled; returns how many.

    There are some after an upgrade of the database or of the program. Usually there are none, which
    costs one query.
    """
    compiled = 0
    while True:
        with store.read() as tx:
            texts = profile_store.outdated(tx, limit=_CHUNK)
        if not texts:
            return compiled
        # Not in the transaction: other writers would wait for it.
        found = {number: compiled_text(text) for number, text in texts.items()}
        with store.write() as tx:
            profile_store.save_compiled(tx, found)
        compiled += len(found)


def compiled_text(text: str) -> ProfileRecord:
    """Parses a text as it is stored.

    Args:
        text: From `digest.core.profiles.compiled.shared_text`.
    """
    try:
        parsed = profile_loader.parse(written_text(text, _NOBODY), file="").profile
    except ProfileError:  # `publish` reports it for each of its readers
        parsed = None
    return compile_text(text, parsed)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    """Whether this computer still knows a time zone; an upgrade may have removed it."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        return False
    return True
