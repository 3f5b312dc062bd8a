"""The keys that sign the links of messages."""

from secrets import token_urlsafe

from digest.config.settings.loader import Settings
from digest.store.database import metadata
from digest.store.database.store import Store


def link_keys(store: Store, settings: Settings) -> tuple[bytes, ...]:
    """Returns the keys that verify signed links; the first one also signs.

    A key that the database stored before DIGEST_SECRET was set stays valid for ever, because
    unsubscribe tokens never expire. Without a secret and a stored key, a key is made and stored.

    Args:
        store: the database.
        settings: with the keys of DIGEST_SECRET, the newest first.
    """
    configured = tuple(item.get_secret_value().encode() for item in settings.secret)
    with store.read() as tx:
        stored = metadata.signing_secret(tx)
    if not configured and stored is None:
        with store.write() as tx:
            stored = metadata.store_signing_secret(tx, token_urlsafe(32))
    return (*configured, stored.encode()) if stored else configured
