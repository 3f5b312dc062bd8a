"""What is kept of one address: shown, erased, and what has to outlive the erasure.

That a reader must get nothing outlives it, under a keyed hash: who has the database alone
cannot tell which address that was.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import address_key
from digest.errors import UsageError
from digest.store.database.store import Connection, Store
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import erasure as erasure_store
from digest.store.subscribers import subscriptions

_OUTLIVES = (AddressStatus.UNSUBSCRIBED, AddressStatus.SUPPRESSED)


def export(store: Store, *, email: str) -> dict[str, list[dict[str, Any]]]:
    """All that is known of an address: rows by table; UsageError if it is not known."""
    with store.read() as tx:
        found = subscriptions.find_address(tx, email)
        if found is None:
            raise UsageError(f"{email}: no such subscriber")
        return erasure_store.everything_of(tx, found.address_id)


def erase(
    store: Store, *, email: str, profiles: LoadedProfiles, keys: Sequence[bytes], now: datetime
) -> bool:
    """Removes an address and all that belongs to it; False if there was none.

    That it had unsubscribed or was suppressed is kept as a keyed hash. The database's files
    are cleaned of what was deleted, so a second call finishes an interrupted one.

    Args:
        store: where it is kept.
        email: the address.
        profiles: a file that still names the address would bring it back.
        keys: the first makes the hash.
        now: the moment.

    Raises:
        UsageError: a profile file names the address.
        StoreError: a letter to it is being sent at this moment.
    """
    for file in profiles.files:
        if address_key(file.authored.email) == address_key(email):
            raise UsageError(
                f"profiles/{file.name}.toml: names {email} and would bring it back;"
                " delete the file first"
            )
    with store.write(durable=True) as tx:
        found = subscriptions.find_address(tx, email)
        if found is not None:
            if found.status in _OUTLIVES:
                hashed = signed_tokens.keyed_hash(address_key(email), secret=keys[0])
                bounce_store.keep_closed(tx, hashed, found.status, at=now)
            erasure_store.erase(tx, found.address_id)
    erasure_store.scrub(store)
    return found is not None


def kept_closed(
    tx: Connection, emails: Iterable[str], *, keys: Sequence[bytes]
) -> dict[str, AddressStatus]:
    """Which of these addresses had left before they were erased, and how they stand.

    Args:
        tx: the transaction.
        emails: address keys.
        keys: of the hashes.
    """
    if not bounce_store.any_closed(tx):
        return {}
    found = bounce_store.kept_closed(tx, _hashes(emails, keys))
    return {
        email: status if status is AddressStatus.SUPPRESSED else AddressStatus.ERASED
        for email, status in found.items()
    }


def forget_closed(tx: Connection, emails: Mapping[str, object], *, keys: Sequence[bytes]) -> None:
    """Lifts what is kept: the reader has asked for mail again."""
    if emails:
        bounce_store.forget_closed(tx, _hashes(emails, keys))


def _hashes(emails: Iterable[str], keys: Sequence[bytes]) -> dict[str, str]:
    return {signed_tokens.keyed_hash(email, secret=key): email for email in emails for key in keys}
