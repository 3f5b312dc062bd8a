"""Stores editions: their content, the papers they show, and the state of their delivery."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    update,
)

from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.core.models.subscribers import Subscription
from digest.errors import StoreError
from digest.store.database import schema
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import AnyRow, rows_in
from digest.store.editions import serialization
from digest.store.papers import revisions
from digest.store.subscribers import subscriptions

_ledger = schema.edition


class RecordedEdition(Struct, frozen=True, kw_only=True):
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


def touched_since(
    tx: Connection, subscription_ids: Collection[int], *, edition_id: int, dates: Collection[date]
) -> set[int]:
    """Returns the subscriptions that have an edition of some dates, or a later one.

    Args:
        tx: Transaction.
        subscription_ids: The subscriptions.
        edition_id: Editions with higher ids count, whatever their date.
        dates: Editions of these dates count.
    """
    subscriptions_of = select(_ledger.c.subscription_id)
    same_date = subscriptions_of.where(_ledger.c.local_date.in_(dates))
    rows = rows_in(tx, same_date, _ledger.c.subscription_id, subscription_ids)
    later = tx.execute(subscriptions_of.where(_ledger.c.id > edition_id)).scalars()
    return {row[0] for row in rows} | set(later).intersection(subscription_ids)


def waiting_conditions(
    now: datetime | BindParameter[datetime],
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns the conditions that select due retries, and editions that wait for a first attempt.

    Only for modules of `digest.store`.
    """
    retry_is_due = and_(_ledger.c.state == EditionState.DEFERRED, _ledger.c.next_attempt_at <= now)
    return retry_is_due, _ledger.c.state == EditionState.QUEUED


def has_open(tx: Connection) -> bool:
    """Whether an edition waits, is claimed or is in doubt: what a delivery looks at."""
    states = (
        EditionState.QUEUED,
        EditionState.CLAIMED,
        EditionState.DEFERRED,
        EditionState.IN_DOUBT,
    )
    found = select(_ledger.c.id).where(_ledger.c.state.in_(states)).limit(1)
    return tx.execute(found).first() is not None


def has_waiting(tx: Connection, now: datetime) -> bool:
    """Whether an edition waits to be sent now, whoever its reader is and wherever it goes."""
    waiting = select(_ledger.c.id).where(or_(*waiting_conditions(now)))
    return tx.execute(waiting.limit(1)).first() is not None


def last_edition_id(tx: Connection) -> int:
    """Returns the highest id of an edition; 0 if there is none."""
    return tx.execute(select(func.max(_ledger.c.id))).scalar() or 0


def update_editions(tx: Connection, where: Iterable[ColumnElement[bool]], **values: Any) -> int:
    """Updates the editions that match all conditions. Only for modules of `digest.store`.

    Returns:
        The number of updated editions.
    """
    return tx.execute(update(_ledger).where(*where).values(**values)).rowcount


def is_claimed_by(owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Returns the conditions that select an owner's claims. Only for modules of `digest.store`."""
    return _ledger.c.state == EditionState.CLAIMED, _ledger.c.owner == owner


@cache  # to build it takes longer than to run it
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
