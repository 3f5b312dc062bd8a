"""Reads and starts many subscriptions with few statements, for imports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, select, text

from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import address_key, normalize_address
from digest.store.database.column_types import clean
from digest.store.database.schema import address, consent, subscription
from digest.store.database.statements import insert_rows, lock_batches, rows_in


class NewReader(Struct, frozen=True, kw_only=True):
    """A subscription to start for an address that the store does not know."""

    email: str
    name: str  # of the subscription
    profile_id: int
    profile_file: str | None  # the file that the profile follows
    detail: str  # what started it, for the consent log
    evidence: Consent | None = None
    list_name: str | None = None  # the mailing list that it belongs to


class LiveSubscription(Struct, frozen=True, kw_only=True):
    """What an import needs to know of a subscription."""

    name: str
    origin: SubscriptionOrigin
    profile_file: str | None


class KnownReader(Struct, frozen=True, kw_only=True):
    """What an import needs to know of an address."""

    address_id: int
    status: AddressStatus
    live: Sequence[LiveSubscription]
    evidence: Collection[str]  # the texts of the consents that are stored


def known_readers(tx: Connection, emails: Collection[str]) -> dict[str, KnownReader]:
    """Returns which addresses the store knows, by address key.

    In a write transaction, other imports wait until it ends: two that write the same addresses in
    another order would wait for each other.
    """
    lock_batches(tx)
    columns = address.c
    keys = {address_key(email) for email in emails}
    found = {
        row.id: (row.email_key, row.status)
        for row in rows_in(
            tx, select(columns.id, columns.email_key, columns.status), columns.email_key, keys
        )
    }
    live: dict[int, list[LiveSubscription]] = {}
    running = (
        select(
            subscription.c.address_id,
            subscription.c.name,
            subscription.c.origin,
            subscription.c.profile_file,
        )
        .where(subscription.c.ended_at.is_(None))
        .order_by(subscription.c.id)
    )
    for row in rows_in(tx, running, subscription.c.address_id, found):
        item = LiveSubscription(name=row.name, origin=row.origin, profile_file=row.profile_file)
        live.setdefault(row.address_id, []).append(item)
    evidence: dict[int, set[str]] = {}
    given = select(consent.c.address_id, consent.c.evidence).where(consent.c.evidence.is_not(None))
    for row in rows_in(tx, given, consent.c.address_id, found):
        evidence.setdefault(row.address_id, set()).add(row.evidence)
    return {
        key: KnownReader(
            address_id=number,
            status=status,
            live=live.get(number, ()),
            evidence=evidence.get(number, ()),
        )
        for number, (key, status) in found.items()
    }


def start_many(
    tx: Connection,
    readers: Sequence[NewReader],
    *,
    origin: SubscriptionOrigin,
    read_through: int,
    now: datetime,
) -> set[str]:
    """Starts subscriptions as `subscriptions.start` does, for addresses that are new.

    Args:
        tx: Write transaction.
        readers: The readers, each address once.
        origin: Where the subscriptions come from.
        read_through: Digests show only papers announced after this sequence number.
        now: Current time.

    Returns:
        The keys of the addresses that another process has stored meanwhile. For these, nothing was
        done.
    """
    by_key = {address_key(reader.email): reader for reader in readers}
    if len(by_key) != len(readers):
        raise ValueError("start_many was given one address twice")
    insert_all = _insert_postgresql if tx.dialect.name == "postgresql" else _insert_sqlite
    return insert_all(tx, by_key, origin=origin, read_through=read_through, now=now)


def _insert_sqlite(
    tx: Connection,
    readers: Mapping[str, NewReader],
    *,
    origin: SubscriptionOrigin,
    read_through: int,
    now: datetime,
) -> set[str]:
    # The transaction holds the write lock of the file, so the ids after the last one are free.
    last = text("SELECT seq FROM sqlite_sequence WHERE name = 'address'")
    first = (tx.execute(last).scalar() or 0) + 1
    insert_rows(
        tx,
        address,
        [
            {
                "id": number,
                "email": normalize_address(reader.email),
                "email_key": key,
                "status": AddressStatus.ACTIVE,
                "created_at": now,
                "changed_at": now,
            }
            for number, (key, reader) in enumerate(readers.items(), start=first)
        ],
    )
    insert_rows(
        tx,
        consent,
        [
            {
                "address_id": number,
                "at": now,
                "event": "subscribed",
                "origin": origin,
                "detail": reader.detail,
                "evidence": reader.evidence.text if reader.evidence else None,
                "given_at": reader.evidence.given_at if reader.evidence else None,
            }
            for number, reader in enumerate(readers.values(), start=first)
        ],
    )
    insert_rows(
        tx,
        subscription,
        [
            {
                "address_id": number,
                "name": reader.name,
                "origin": origin,
                "profile_id": reader.profile_id,
                "profile_file": reader.profile_file,
                "list_name": reader.list_name,
                "paused": False,
                "read_through": read_through,
                "next_due": now,
                "created_at": now,
            }
            for number, reader in enumerate(readers.values(), start=first)
        ],
    )
    return set()


# Arrays as parameters: the client writes a column of a chunk at once, and the server does the rest.
_ADDRESSES = text(
    "INSERT INTO address (email, email_key, status, created_at, changed_at)"
    " SELECT new.email, new.email_key, :status, :now, :now"
    " FROM unnest(CAST(:emails AS text[]), CAST(:keys AS text[])) WITH ORDINALITY"
    " AS new (email, email_key, place) ORDER BY new.place"
    " ON CONFLICT (email_key) DO NOTHING RETURNING id, email_key"
)
_CONSENTS = text(
    "INSERT INTO consent (address_id, at, event, origin, detail, evidence, given_at)"
    " SELECT new.address_id, :now, 'subscribed', :origin, new.detail, new.evidence, new.given_at"
    " FROM unnest(CAST(:numbers AS bigint[]), CAST(:details AS text[]), CAST(:evidence AS text[]),"
    " CAST(:given AS timestamptz[])) AS new (address_id, detail, evidence, given_at)"
)
_SUBSCRIPTIONS = text(
    "INSERT INTO subscription (address_id, name, origin, profile_id, profile_file, list_name, paused,"
    " read_through, next_due, created_at)"
    " SELECT new.address_id, new.name, :origin, new.profile_id, new.profile_file, new.list_name,"
    " FALSE, :read_through, :now, :now"
    " FROM unnest(CAST(:numbers AS bigint[]), CAST(:names AS text[]), CAST(:profiles AS bigint[]),"
    " CAST(:files AS text[]), CAST(:lists AS text[])) WITH ORDINALITY"
    " AS new (address_id, name, profile_id, profile_file, list_name, place) ORDER BY new.place"
)


def _insert_postgresql(
    tx: Connection,
    readers: Mapping[str, NewReader],
    *,
    origin: SubscriptionOrigin,
    read_through: int,
    now: datetime,
) -> set[str]:
    inserted = tx.execute(
        _ADDRESSES,
        {
            "status": AddressStatus.ACTIVE.value,
            "now": now,
            "emails": [normalize_address(reader.email) for reader in readers.values()],
            "keys": list(readers),
        },
    )
    numbers = {row.email_key: row.id for row in inserted}
    new = [reader for key, reader in readers.items() if key in numbers]
    if not new:
        return set(readers)
    common: dict[str, Any] = {
        "now": now,
        "origin": origin.value,
        "numbers": [numbers[key] for key in readers if key in numbers],
    }
    given = [reader.evidence for reader in new]
    tx.execute(
        _CONSENTS,
        {
            **common,
            "details": [clean(reader.detail) for reader in new],
            "evidence": [clean(item.text) if item else None for item in given],
            "given": [item.given_at if item else None for item in given],
        },
    )
    tx.execute(
        _SUBSCRIPTIONS,
        {
            **common,
            "read_through": read_through,
            "names": [reader.name for reader in new],
            "profiles": [reader.profile_id for reader in new],
            "files": [reader.profile_file for reader in new],
            "lists": [reader.list_name for reader in new],
        },
    )
    return set(readers) - set(numbers)
