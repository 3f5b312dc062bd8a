"""Stores editions: their content, the papers they show, and the state of their delivery."""

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
from digest.store.database.schema import address, edition_paper, profile, subscription
from digest.store.database.statements import AnyRow, insert_missing, insert_or_ignore, rows_in
from digest.store.editions import serialization
from digest.store.papers import revisions
from digest.store.subscribers import subscriptions

_ledger = schema.edition


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEdition:
    """An edition as stored in the ledger."""

    edition_id: int
    subscription: Subscription
    edition: Edition
    message_id: str
    composed_at: datetime
    state: EditionState
    attempts: int
    next_attempt_at: datetime | None  # None unless it is deferred
    settled_at: datetime | None  # when the last attempt ended
    code: int | None  # SMTP reply code of that attempt
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
    """Inserts an edition and the papers that it shows.

    It also sets the Message-ID: `<local date.edition id.proof@message_domain>`. The proof
    depends on a key that never leaves the store. So a bounce that quotes the Message-ID comes
    from someone who has seen the message.

    Args:
        tx: Write transaction.
        subscription_id: Whose edition it is.
        edition: Content of the edition.
        message_domain: Part of the Message-ID after the @.
        composed_at: When the edition was composed.
        state: Initial state.

    Returns:
        The id of the edition; None if the subscription has an edition of this date already.
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
        "next_attempt_at": composed_at,  # the queue is sorted by this
    }
    statement = insert_or_ignore(tx, _ledger).returning(_ledger.c.id)
    edition_id: int | None = tx.execute(statement, row).scalar_one_or_none()
    if edition_id is None:
        return None
    proof = signed_tokens.keyed_hash(
        f"{edition_id} {subscription_id} {edition.local_date} {composed_at.isoformat()}",
        secret=message_key(tx),
    )
    message_id = f"<{edition.local_date}.{edition_id}.{proof}@{message_domain}>"
    update_editions(tx, [_ledger.c.id == edition_id], message_id=message_id)
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
    """Returns an edition with its papers as they were when it was composed.

    Raises:
        StoreError: There is no edition with this id.
    """
    row = tx.execute(select_editions().where(_ledger.c.id == edition_id)).first()
    if row is None:
        raise StoreError(f"edition {edition_id}: there is no edition with this number")
    return _recorded(tx, row)


def has_edition(tx: Connection, subscription_id: int, local_date: date) -> bool:
    """Whether the subscription has an edition of this date."""
    existing = select(_ledger.c.id).where(
        _ledger.c.subscription_id == subscription_id, _ledger.c.local_date == local_date
    )
    return tx.execute(existing).first() is not None


def papers_shown(tx: Connection, subscription_id: int, paper_ids: Collection[int]) -> set[int]:
    """Returns those of the papers that an edition of this subscription has shown."""
    shown = select(edition_paper.c.paper_id).where(
        edition_paper.c.subscription_id == subscription_id
    )
    return {row.paper_id for row in rows_in(tx, shown, edition_paper.c.paper_id, paper_ids)}


def update_editions(tx: Connection, where: Iterable[ColumnElement[bool]], **values: Any) -> int:
    """Updates the editions that match all conditions. Only for modules of `digest.store`.

    Returns:
        The number of updated editions.
    """
    return tx.execute(update(_ledger).where(*where).values(**values)).rowcount


def is_claimed_by(owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns the conditions that select an owner's claims. Only for modules of `digest.store`."""
    return _ledger.c.state == EditionState.CLAIMED, _ledger.c.owner == owner


def select_editions() -> Select[*tuple[Any, ...]]:
    """Selects editions with subscription, address, and what the message says of the profile.

    Only for modules of `digest.store`.
    """
    columns = [column for column in _ledger.c if column is not _ledger.c.id]
    return (
        select(_ledger.c.id.label("edition_id"), *columns)
        .join_from(_ledger, subscription)
        .join(address, subscription.c.address_id == address.c.id)
        .outerjoin(profile, subscription.c.profile_id == profile.c.id)
        .add_columns(
            *subscription.c,
            address.c.email,
            address.c.status,
            profile.c.name.label("reader_name"),
            profile.c.weekly,
        )
    )


def _recorded(tx: Connection, row: AnyRow) -> RecordedEdition:
    (edition,) = editions_from_rows(tx, [row])
    return RecordedEdition(
        edition_id=row.edition_id,
        subscription=subscriptions.from_row(row),
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


def editions_from_rows(tx: Connection, rows: Sequence[AnyRow]) -> list[Edition]:
    """Returns the editions in these rows of `select_editions`. Only for modules of `digest.store`."""
    ids = {revision_id for row in rows for revision_id in serialization.revision_ids(row.content)}
    papers = {
        revision_id: revision.paper for revision_id, revision in revisions.by_id(tx, ids).items()
    }
    return [
        serialization.unpack(
            row.content, local_date=row.local_date, matched=row.matched, papers=papers
        )
        for row in rows
    ]
