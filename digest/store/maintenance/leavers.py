"""Carries the readers who left a database over to the backup that replaces it.

A backup does not know who left after it was made. The database that is replaced does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from sqlalchemy import Connection, insert, select, update

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.store.access import tokens
from digest.store.database import metadata
from digest.store.database.schema import address, suppression
from digest.store.mailing_lists import leavers as memberships
from digest.store.mailing_lists.leavers import ListLeaver
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import erasure, subscriptions
from digest.store.subscribers.bounces import add_suppression


class ClosedAddress(Struct, frozen=True, kw_only=True):
    """An address whose reader has left."""

    email: str
    status: AddressStatus
    created_at: datetime
    left_at: datetime


class Leavers(Struct, frozen=True, kw_only=True):
    """The readers who left a database."""

    members: tuple[ListLeaver, ...] = ()  # who left a mailing list
    addresses: tuple[ClosedAddress, ...] = ()
    hashes: tuple[tuple[str, AddressStatus, datetime], ...] = ()  # of erased addresses
    secret: str | None = None  # the key of hashes that the database holds
    tokens: Mapping[str, datetime] = field(default_factory=dict)  # revoked ones of the HTTP API


class ClosedAgain(Struct, frozen=True, kw_only=True):
    """What `apply` changed."""

    closed: tuple[str, ...]  # addresses
    erased: int  # readers


def collect(tx: Connection) -> Leavers:
    """Returns the readers who left this database, whose schema may be an older one."""
    # Named columns: these exist in every version of the schema.
    columns = address.c
    closed = select(columns.email, columns.status, columns.created_at, columns.changed_at).where(
        columns.status.in_(CLOSED)
    )
    hashes = select(suppression.c.hash, suppression.c.status, suppression.c.at)
    return Leavers(
        members=tuple(memberships.leavers(tx)),
        addresses=tuple(
            ClosedAddress(
                email=row.email,
                status=row.status,
                created_at=row.created_at,
                left_at=row.changed_at,
            )
            for row in tx.execute(closed.order_by(columns.id))
        ),
        hashes=tuple((row.hash, row.status, row.at) for row in tx.execute(hashes)),
        secret=metadata.signing_secret(tx),
        tokens=tokens.revoked(tx),
    )


def apply(tx: Connection, left: Leavers, *, keys: Sequence[bytes]) -> ClosedAgain:
    """Closes and erases the addresses of these readers in a restored database.

    An address that the restored database does not know is inserted as closed, so that a list or
    a profile file does not subscribe it as a new one.

    Args:
        tx: Write transaction.
        left: Readers who left the database that was replaced.
        keys: Keys of the settings with which hashes were made.
    """
    if left.secret is not None:
        # Without this key, hashes made with it would say nothing any more.
        metadata.store_signing_secret(tx, left.secret)
    tokens.revoke_again(tx, left.tokens)
    closed = tuple(item.email for item in left.addresses if _close(tx, item))
    for member in left.members:
        memberships.leave_again(tx, member)
    for hashed, status, at in left.hashes:
        add_suppression(tx, hashed, status, at=at)
    stored = {left.secret, metadata.signing_secret(tx)} - {None}
    every_key = [*keys, *(str(key).encode() for key in stored)]
    return ClosedAgain(closed=closed, erased=_erase(tx, left, every_key))


def _close(tx: Connection, item: ClosedAddress) -> bool:
    """Closes one address; returns False if it had left before already."""
    found = subscriptions.find_address(tx, item.email)
    if found is not None and found.status in CLOSED and found.changed_at >= item.left_at:
        return False
    if found is None:
        row = {
            "email": item.email,
            "email_key": address_key(item.email),
            "status": item.status,
            "created_at": item.created_at,
            "changed_at": item.left_at,
        }
        address_id = tx.execute(insert(address).values(row).returning(address.c.id)).scalar_one()
    else:
        address_id = found.address_id
        # The time of the leaving, because a consent between it and the restore is a newer one.
        values = {"status": item.status, "changed_at": item.left_at}
        tx.execute(update(address).where(address.c.id == address_id).values(values))
    consent_store.add(
        tx,
        address_id,
        at=item.left_at,
        event=item.status,
        origin="restore",
        detail="had left before the backup was restored",
    )
    return True


def _erase(tx: Connection, left: Leavers, keys: Sequence[bytes]) -> int:
    """Erases the addresses whose hashes the replaced database held; returns how many."""
    hashes = {hashed for hashed, _, _ in left.hashes}
    if not hashes or not keys:
        return 0
    erased = [
        row.id
        for row in tx.execute(select(address.c.id, address.c.email_key).order_by(address.c.id))
        # A hash cannot be turned back, so every address is hashed with every key.
        if any(signed_tokens.keyed_hash(row.email_key, secret=key) in hashes for key in keys)
    ]
    for address_id in erased:
        erasure.erase(tx, address_id, being_sent=True)
    return len(erased)
