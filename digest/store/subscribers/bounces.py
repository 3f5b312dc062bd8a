"""Stores bounces and complaints, and the suppressions of erased addresses."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.store.database.schema import bounce, edition, subscription, suppression
from digest.store.database.statements import insert_missing, insert_or_ignore, rows_in
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


class SentEdition(Struct, frozen=True, kw_only=True):
    """The fields of an edition that a bounce is matched with."""

    edition_id: int
    subscription_id: int
    message_id: str
    state: EditionState
    composed_at: datetime


class Suppression(Struct, frozen=True, kw_only=True):
    """What is known of an address of which only a keyed hash is stored."""

    status: AddressStatus  # before the address was erased
    at: datetime  # when the reader left


def find_subscription(tx: Connection, subscription_id: int) -> Subscription | None:
    """Returns a subscription, live or ended; None if there is none with this id."""
    row = tx.execute(select_subscriptions().where(subscription.c.id == subscription_id)).first()
    return None if row is None else from_row(row)


def find_edition(tx: Connection, edition_id: int) -> SentEdition | None:
    """Returns an edition of any state; None if there is none with this id."""
    row = tx.execute(select(edition).where(edition.c.id == edition_id)).first()
    if row is None:
        return None
    return SentEdition(
        edition_id=row.id,
        subscription_id=row.subscription_id,
        message_id=row.message_id,
        state=row.state,
        composed_at=row.composed_at,
    )


def record_bounce(
    tx: Connection,
    *,
    subscription_id: int,
    edition_id: int | None,
    at: datetime,
    kind: str,
    status: str,
    proof: str,
    fingerprint: str,
) -> bool:
    """Stores a bounce or complaint about the address of a subscription.

    Args:
        tx: Write transaction.
        subscription_id: Subscription whose address it is about.
        edition_id: Edition that it answers, if that is known.
        at: When it was processed.
        kind: Kind of the bounce.
        status: Enhanced status code (RFC 3463); may be empty.
        proof: How the message was matched to the address.
        fingerprint: SHA-256 of the message, in hex digits.

    Returns:
        False if a message with this fingerprint was stored before.
    """
    address_id = select(subscription.c.address_id).where(subscription.c.id == subscription_id)
    row = {
        "address_id": tx.execute(address_id).scalar_one(),
        "edition_id": edition_id,
        "at": at,
        "kind": kind,
        "status": status,
        "proof": proof,
        "fingerprint": fingerprint,
    }
    # A message that was read before is ignored: its fingerprint is unique. Mailboxes give messages
    # again after a lost connection.
    statement = insert_or_ignore(tx, bounce).returning(bounce.c.id)
    return tx.execute(statement, row).scalar_one_or_none() is not None


def add_suppression(tx: Connection, hashed: str, status: AddressStatus, *, at: datetime) -> None:
    """Stores a suppression for an address that is about to be erased.

    If there is one already, it gets the later of both times.

    Args:
        tx: Write transaction.
        hashed: Keyed hash of the address.
        status: Why the address must get no mail.
        at: When the reader left.
    """
    insert_missing(tx, suppression, [{"hash": hashed, "status": status, "at": at}])
    # The latest leaving counts, so that an older consent brings nobody back.
    is_earlier = (suppression.c.hash == hashed) & (suppression.c.at < at)
    tx.execute(update(suppression).where(is_earlier).values(at=at))


def has_suppressions(tx: Connection) -> bool:
    """Whether there is any suppression."""
    return tx.execute(select(suppression.c.hash).limit(1)).first() is not None


def find_suppressions(tx: Connection, hashes: Mapping[str, str]) -> dict[str, Suppression]:
    """Returns which of these addresses have a suppression.

    Args:
        tx: Transaction.
        hashes: Addresses by their keyed hashes; the result has the addresses as keys.
    """
    rows = rows_in(tx, select(suppression), suppression.c.hash, hashes)
    return {hashes[row.hash]: Suppression(status=row.status, at=row.at) for row in rows}


def remove_suppressions(tx: Connection, hashes: Mapping[str, str]) -> None:
    """Deletes the suppressions with these hashes, because the reader asked for mail again."""
    tx.execute(delete(suppression).where(suppression.c.hash.in_(list(hashes))))
