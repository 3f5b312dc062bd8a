"""What came back: bounces and complaints by address, and what outlives an erased address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.store.database.schema import bounce, edition, subscription, suppression
from digest.store.database.statements import insert_missing, insert_new, rows_in
from digest.store.subscribers.subscriptions import of_row, with_address


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEdition:
    """Of an edition, what a bounce is matched by."""

    edition_id: int
    subscription_id: int
    message_id: str
    state: EditionState
    composed_at: datetime


def find_subscription(tx: Connection, subscription_id: int) -> Subscription | None:
    """The subscription, live or ended; None for a number that none has."""
    row = tx.execute(with_address().where(subscription.c.id == subscription_id)).first()
    return None if row is None else of_row(row)


def find_edition(tx: Connection, edition_id: int) -> SentEdition | None:
    """The edition, of any state; None for a number that none has."""
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


def record(
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
    """Keeps what came back for the subscription's address; False if that message was read before."""
    mine = select(subscription.c.address_id).where(subscription.c.id == subscription_id)
    row = {
        "address_id": tx.execute(mine).scalar_one(),
        "edition_id": edition_id,
        "at": at,
        "kind": kind,
        "status": status,
        "proof": proof,
        "fingerprint": fingerprint,
    }
    entered = insert_new(tx, bounce).returning(bounce.c.id)
    return tx.execute(entered, row).scalar_one_or_none() is not None


def keep_closed(tx: Connection, hashed: str, status: AddressStatus, *, at: datetime) -> None:
    """Remembers under a keyed hash that an address, which is about to be erased, was closed."""
    insert_missing(tx, suppression, [{"hash": hashed, "status": status, "at": at}])


def any_closed(tx: Connection) -> bool:
    """Whether `keep_closed` has kept anything."""
    return tx.execute(select(suppression.c.hash).limit(1)).first() is not None


def kept_closed(tx: Connection, hashes: Mapping[str, str]) -> dict[str, AddressStatus]:
    """Which of these were closed when they were erased.

    Args:
        tx: the transaction.
        hashes: what to call each in the answer, by its keyed hash.
    """
    found = rows_in(tx, select(suppression), suppression.c.hash, hashes)
    return {hashes[row.hash]: row.status for row in found}


def forget_closed(tx: Connection, hashes: Mapping[str, str]) -> None:
    """Lifts what `keep_closed` kept: the reader has asked for mail again."""
    tx.execute(delete(suppression).where(suppression.c.hash.in_(list(hashes))))
