"""The ledger of editions: what was composed, who delivers it, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    select,
    update,
)

from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.core.models.subscribers import Subscription
from digest.core.subscribers import signed_tokens
from digest.errors import StoreError
from digest.store.database import schema
from digest.store.database.metadata import message_key
from digest.store.database.schema import address, edition_paper, subscription
from digest.store.database.statements import AnyRow, insert_missing, insert_new, rows_in
from digest.store.editions import serialization
from digest.store.papers import revisions
from digest.store.subscribers import subscriptions

_ledger = schema.edition


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEdition:
    """An edition as the ledger has it."""

    edition_id: int
    subscription: Subscription
    edition: Edition
    message_id: str
    composed_at: datetime
    state: EditionState
    attempts: int
    next_attempt_at: datetime | None  # of a deferred one
    settled_at: datetime | None  # the end of its last attempt
    code: int | None  # SMTP, of that attempt
    reason: str | None


def insert(
    tx: Connection,
    *,
    subscription_id: int,
    edition: Edition,
    message_domain: str,
    composed_at: datetime,
    state: EditionState = EditionState.QUEUED,
) -> int | None:
    """Enters an edition and the papers it shows; None if its day has one already.

    Its Message-ID is fixed here: `<local date.edition id.proof@message_domain>`. The proof
    depends on a key that only the store has, so whoever names it has seen the letter.
    """
    row = {
        "subscription_id": subscription_id,
        "local_date": edition.local_date,
        "composed_at": composed_at,
        "state": state,
        "content": serialization.pack(edition),
        "matched": edition.matched,
        "message_id": "",
        "attempts": 0,
        "doubts": 0,
        "next_attempt_at": composed_at,  # orders the queue, too
    }
    entered = insert_new(tx, _ledger).returning(_ledger.c.id)
    edition_id: int | None = tx.execute(entered, row).scalar_one_or_none()
    if edition_id is None:
        return None
    proof = signed_tokens.keyed_hash(
        f"{edition_id} {subscription_id} {edition.local_date} {composed_at.isoformat()}",
        secret=message_key(tx),
    )
    name = f"<{edition.local_date}.{edition_id}.{proof}@{message_domain}>"
    change(tx, [_ledger.c.id == edition_id], message_id=name)
    insert_missing(
        tx,
        edition_paper,
        [
            {
                "edition_id": edition_id,
                "paper_id": entry.candidate.paper_id,
                "subscription_id": subscription_id,
            }
            for entry in (*edition.entries, *edition.trending)
        ],
    )
    return edition_id


def load(tx: Connection, edition_id: int) -> RecordedEdition:
    """An edition with its papers, as they were when it was composed.

    Raises:
        StoreError: there is none with this id.
    """
    row = tx.execute(joined().where(_ledger.c.id == edition_id)).first()
    if row is None:
        raise StoreError(f"edition {edition_id}: the ledger has none of this number")
    return _recorded(tx, row)


def has_edition(tx: Connection, subscription_id: int, local_date: date) -> bool:
    """Whether the subscription has its edition of this day."""
    same = select(_ledger.c.id).where(
        _ledger.c.subscription_id == subscription_id, _ledger.c.local_date == local_date
    )
    return tx.execute(same).first() is not None


def papers_shown(tx: Connection, subscription_id: int, paper_ids: Collection[int]) -> set[int]:
    """Those of the papers that stood in an edition of this subscription."""
    mine = select(edition_paper.c.paper_id).where(
        edition_paper.c.subscription_id == subscription_id
    )
    return {row.paper_id for row in rows_in(tx, mine, edition_paper.c.paper_id, paper_ids)}


def change(tx: Connection, where: Iterable[ColumnElement[bool]], **values: Any) -> int:
    """Changes the editions for which all of this holds; how many. For this package alone."""
    return tx.execute(update(_ledger).where(*where).values(**values)).rowcount


def claimed_by(owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What is true of an owner's claims. For this package alone."""
    return _ledger.c.state == EditionState.CLAIMED, _ledger.c.owner == owner


def joined() -> Select[*tuple[Any, ...]]:
    """Editions with their subscriptions and addresses. For this package alone."""
    columns = [column for column in _ledger.c if column is not _ledger.c.id]
    return (
        select(_ledger.c.id.label("edition_id"), *columns)
        .join_from(_ledger, subscription)
        .join(address)
        .add_columns(*subscription.c, address.c.email, address.c.status)
    )


def _recorded(tx: Connection, row: AnyRow) -> RecordedEdition:
    (edition,) = editions(tx, [row])
    return RecordedEdition(
        edition_id=row.edition_id,
        subscription=subscriptions.of_row(row),
        edition=edition,
        message_id=row.message_id,
        composed_at=row.composed_at,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if row.state is EditionState.DEFERRED else None,
        settled_at=row.settled_at,
        code=row.code,
        reason=row.reason,
    )


def editions(tx: Connection, rows: Sequence[AnyRow]) -> list[Edition]:
    """What stands in these rows of `joined`. For this package alone."""
    wanted = {number for row in rows for number in serialization.revision_ids(row.content)}
    papers = {number: found.paper for number, found in revisions.of_ids(tx, wanted).items()}
    return [
        serialization.unpack(
            row.content, local_date=row.local_date, matched=row.matched, papers=papers
        )
        for row in rows
    ]
