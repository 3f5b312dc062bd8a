"""Finds readers for the operator's pages, page by page."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, or_, select

from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import rows_in
from digest.store.subscribers.subscriptions import SubscriberAddress

_CHUNK = 500


class ReaderDigest(Struct, frozen=True, kw_only=True):
    """A digest of a reader in a list."""

    subscription_id: int
    name: str
    origin: SubscriptionOrigin
    paused: bool
    profile_file: str | None
    next_due: datetime | None


class FoundReader(Struct, frozen=True, kw_only=True):
    """A reader in a list."""

    address: SubscriberAddress
    digests: tuple[ReaderDigest, ...]  # live ones, oldest first


def find(
    tx: Connection,
    *,
    limit: int,
    words: str = "",
    status: AddressStatus | None = None,
    after: str = "",
) -> Sequence[FoundReader]:
    """Returns readers in the order of their addresses.

    Args:
        tx: Transaction.
        limit: At most so many.
        words: A part of the address, of the reader's name, or of the name or file of a digest.
        status: Only addresses with this status; None: all.
        after: Only addresses after this one in the order; empty: from the first one.
    """
    columns = address.c
    found = select(address).order_by(columns.email_key).limit(limit)
    if words.strip():
        found = found.where(or_(*_contains(words.strip())))
    if status is not None:
        found = found.where(columns.status == status)
    if after:
        found = found.where(columns.email_key > address_key(after))
    return _with_digests(tx, found)


def read(tx: Connection, address_id: int) -> FoundReader | None:
    """Returns a reader by number; None if there is none."""
    return next(iter(_with_digests(tx, select(address).where(address.c.id == address_id))), None)


def everybody(tx: Connection) -> Iterator[FoundReader]:
    """Yields all readers in the order of their addresses."""
    after = ""
    while readers := find(tx, limit=_CHUNK, after=after):
        yield from readers
        after = readers[-1].address.email


def _contains(words: str) -> Iterator[ColumnElement[bool]]:
    yield address.c.email_key.contains(words.lower(), autoescape=True)
    in_digest = or_(
        subscription.c.name.icontains(words, autoescape=True),
        subscription.c.profile_file.icontains(words, autoescape=True),
        profile.c.name.icontains(words, autoescape=True),
    )
    yield address.c.id.in_(
        select(subscription.c.address_id)
        .join(profile, subscription.c.profile_id == profile.c.id)
        .where(subscription.c.ended_at.is_(None), in_digest)
    )


def _with_digests(tx: Connection, readers: Select[*tuple[object, ...]]) -> Sequence[FoundReader]:
    addresses = tx.execute(readers).all()
    live = select(subscription).where(subscription.c.ended_at.is_(None)).order_by(subscription.c.id)
    digests: dict[int, list[ReaderDigest]] = {}
    numbers = [row.id for row in addresses]
    for row in rows_in(tx, live, subscription.c.address_id, numbers):
        digests.setdefault(row.address_id, []).append(
            ReaderDigest(
                subscription_id=row.id,
                name=row.name,
                origin=row.origin,
                paused=row.paused,
                profile_file=row.profile_file,
                next_due=row.next_due,
            )
        )
    return [
        FoundReader(
            address=SubscriberAddress(
                address_id=row.id,
                email=row.email,
                status=row.status,
                created_at=row.created_at,
                changed_at=row.changed_at,
            ),
            digests=tuple(digests.get(row.id, ())),
        )
        for row in addresses
    ]
