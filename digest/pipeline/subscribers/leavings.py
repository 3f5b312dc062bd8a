"""Finds out whether the reader of an address has left, also if only a keyed hash is stored.

Every way to subscribe an address asks this first. Only a consent that is newer than the leaving
brings a reader back.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import UsageError
from digest.store.database.store import Connection, Store
from digest.store.mailing_lists import memberships
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import subscriptions

OPERATOR = "operator"
"""The origin of what the operator does, in the consent log."""


class Leaving(Struct, frozen=True, kw_only=True):
    """A reader who gets no mail any more."""

    status: AddressStatus  # unsubscribed, suppressed or erased
    at: datetime  # since when
    list_name: str | None = None  # the mailing list that the reader left; None: all mail


def find(tx: Connection, email: str, *, keys: Sequence[bytes]) -> Leaving | None:
    """Returns when and how the reader of an address left; None if the address may get mail.

    Args:
        tx: The transaction.
        email: The address.
        keys: All keys with which hashes of erased addresses were made.
    """
    found = find_erased(tx, [address_key(email)], keys=keys).get(address_key(email))
    address = subscriptions.find_address(tx, email)
    if address is None or address.status not in CLOSED:
        return found
    # An address may have both. The later leaving counts, so that an older consent brings nobody
    # back.
    at = address.changed_at if found is None else max(found.at, address.changed_at)
    return Leaving(status=address.status, at=at)


def find_of_list(tx: Connection, email: str, list_name: str | None) -> Leaving | None:
    """Returns when the reader of an address left a mailing list; None if that never happened.

    Args:
        tx: The transaction.
        email: The address.
        list_name: The list; None: of none.
    """
    at = memberships.left_at(tx, email, list_name) if list_name is not None else None
    if at is None:
        return None
    return Leaving(status=AddressStatus.UNSUBSCRIBED, at=at, list_name=list_name)


def find_erased(
    tx: Connection, email_keys: Iterable[str], *, keys: Sequence[bytes]
) -> dict[str, Leaving]:
    """Returns which addresses were erased, and when their readers left.

    Args:
        tx: The transaction.
        email_keys: The keys of the addresses.
        keys: All keys with which hashes were made.

    Returns:
        The leavings by address key, with the status SUPPRESSED or ERASED.
    """
    # Erasures are rare, and hashing thousands of addresses is slow.
    if not bounce_store.has_suppressions(tx):
        return {}
    suppressed = AddressStatus.SUPPRESSED
    return {
        email: Leaving(
            status=suppressed if item.status is suppressed else AddressStatus.ERASED, at=item.at
        )
        for email, item in bounce_store.find_suppressions(tx, _hashes(email_keys, keys)).items()
    }


def remember(
    tx: Connection, email: str, status: AddressStatus, *, at: datetime, key: bytes
) -> None:
    """Stores a keyed hash of an address that is about to be erased.

    Args:
        tx: A write transaction.
        email: The address.
        status: Its status.
        at: When its reader left.
        key: The key of the hash.
    """
    hashed = signed_tokens.keyed_hash(address_key(email), secret=key)
    bounce_store.add_suppression(tx, hashed, status, at=at)


def forget(tx: Connection, email: str, *, keys: Sequence[bytes]) -> None:
    """Deletes the hashes of an address, because its reader wants mail again."""
    if keys:
        bounce_store.remove_suppressions(tx, _hashes([address_key(email)], keys))


def bring_back(
    tx: Connection,
    email: str,
    leaving: Leaving | None,
    consent: Consent | None,
    *,
    cause: str,
    keys: Sequence[bytes],
    now: datetime,
) -> bool:
    """Makes a closed address active again; returns whether it was closed.

    A paused address becomes active only by a consent that is newer than the pause.

    Args:
        tx: A write transaction.
        email: The address.
        leaving: What `find` returned for it.
        consent: The consent of its reader; newer than the leaving, if there is one.
        cause: The command, and the line of a file, for the consent log.
        keys: All keys with which hashes of erased addresses were made.
        now: The current time.
    """
    address = subscriptions.find_address(tx, email)
    if leaving is not None:
        forget(tx, email, keys=keys)
    if address is None or address.status is AddressStatus.ACTIVE:
        return False
    is_newer = consent is not None and consent.is_newer_than(address.changed_at)
    if leaving is not None or is_newer:
        subscriptions.set_status(
            tx,
            email,
            AddressStatus.ACTIVE,
            event="resumed",
            origin=OPERATOR,
            detail=cause,
            now=now,
            evidence=consent,
        )
    return leaving is not None


def explain(email: str, leaving: Leaving, consent: Consent | None) -> str:
    """Returns why an address is not subscribed, and what would bring it back.

    Args:
        email: The address.
        leaving: When and how the reader left.
        consent: The consent that was given; it is older than the leaving.
    """
    since = f"{leaving.at:%Y-%m-%d %H:%M} UTC"
    reason = (
        f"{email} has left the list {leaving.list_name} ({since}), so it does not get it"
        if leaving.list_name
        else f"{email} {CLOSED[leaving.status]} ({since}), so it gets no mail"
    )
    if consent is not None:
        return (
            f"{reason}: the consent {consent.text!r} is not newer; write a date after that, or a"
            " time if it was the same day"
        )
    return f'{reason}: only a newer consent changes that: --consent "how and when"'


def require_not_left(store: Store, email: str, *, keys: Sequence[bytes]) -> None:
    """Raises UsageError if the reader of an address has left."""
    with store.read() as tx:
        leaving = find(tx, email, keys=keys)
    if leaving is not None:
        since = f"{leaving.at:%Y-%m-%d %H:%M} UTC"
        raise UsageError(f"{email} {CLOSED[leaving.status]} ({since}), so it gets no mail")


def _hashes(emails: Iterable[str], keys: Sequence[bytes]) -> dict[str, str]:
    return {signed_tokens.keyed_hash(email, secret=key): email for email in emails for key in keys}
