"""The consent log: how and when an address agreed to get mail, and when it left."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from digest.core.subscribers.consent import Consent
from digest.store.database.schema import consent


class ConsentEntry(Struct, frozen=True, kw_only=True):
    """One event in the history of an address's consent."""

    at: datetime
    event: str  # subscribed, ended, unsubscribed, ...
    origin: str  # a `SubscriptionOrigin`, or a cause: one-click, bounce, restore, ...
    detail: str
    evidence: str | None = None  # how and when the reader agreed, as the operator wrote it
    given_at: datetime | None = None  # the date in the evidence


def add(
    tx: Connection,
    address_id: int,
    *,
    at: datetime,
    event: str,
    origin: str,
    detail: str,
    evidence: Consent | None = None,
) -> None:
    """Adds an entry to the log of an address.

    Args:
        tx: Write transaction.
        address_id: Address.
        at: Current time.
        event: What happened.
        origin: What caused it.
        detail: Details, such as the command and the line of a file.
        evidence: How and when the reader agreed.
    """
    row = {
        "address_id": address_id,
        "at": at,
        "event": event,
        "origin": origin,
        "detail": detail,
        "evidence": evidence.text if evidence else None,
        "given_at": evidence.given_at if evidence else None,
    }
    tx.execute(insert(consent), row)


def add_all(
    tx: Connection,
    address_ids: Collection[int],
    *,
    at: datetime,
    event: str,
    origin: str,
    detail: str,
) -> None:
    """Adds the same entry, without a consent, to the logs of several addresses."""
    rows = [
        {"address_id": number, "at": at, "event": event, "origin": origin, "detail": detail}
        for number in address_ids
    ]
    if rows:
        tx.execute(insert(consent), rows)


def entries(tx: Connection, address_id: int) -> list[ConsentEntry]:
    """Returns the log of an address, oldest first."""
    rows = select(consent).where(consent.c.address_id == address_id).order_by(consent.c.id)
    return [
        ConsentEntry(
            at=row.at,
            event=row.event,
            origin=row.origin,
            detail=row.detail,
            evidence=row.evidence,
            given_at=row.given_at,
        )
        for row in tx.execute(rows)
    ]
