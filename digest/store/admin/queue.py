"""Lists the editions that wait, or for which the operator must decide."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Connection, Select, select

from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, edition, subscription
from digest.store.editions.recovery import REASON_HELD


class WaitingEdition(Struct, frozen=True, kw_only=True):
    """An edition in a list of the queue."""

    edition_id: int
    address_id: int
    email: str
    name: str  # of the digest
    local_date: date
    state: EditionState
    attempts: int
    composed_at: datetime
    next_attempt_at: datetime
    reason: str


def in_state(
    tx: Connection, state: EditionState, *, limit: int, after: int = 0
) -> Sequence[WaitingEdition]:
    """Returns editions in a state, by their numbers.

    Args:
        tx: Transaction.
        state: A state in which few editions are, such as `queued`.
        limit: At most so many.
        after: Only editions with higher numbers.
    """
    found = _select().where(edition.c.state == state, edition.c.id > after)
    return _read(tx, found.order_by(edition.c.id).limit(limit))


def held(tx: Connection, *, since: datetime, limit: int) -> Sequence[WaitingEdition]:
    """Returns the editions of some time that the operator holds, newest first."""
    is_held = (edition.c.state == EditionState.WITHDRAWN) & (edition.c.reason == REASON_HELD)
    # The time is in the index of the states, which has the withdrawn editions of all years.
    found = _select().where(is_held, edition.c.next_attempt_at >= since)
    return _read(tx, found.order_by(edition.c.id.desc()).limit(limit))


def refused(tx: Connection, *, since: datetime, limit: int) -> Sequence[WaitingEdition]:
    """Returns the editions that a mail server refused since a moment, newest first."""
    is_refused = edition.c.state == EditionState.REFUSED
    found = _select().where(is_refused, edition.c.next_attempt_at >= since)
    return _read(tx, found.order_by(edition.c.next_attempt_at.desc()).limit(limit))


def by_numbers(tx: Connection, numbers: Sequence[int]) -> Sequence[WaitingEdition]:
    """Returns editions by their numbers, whatever their state."""
    return _read(tx, _select().where(edition.c.id.in_(numbers)).order_by(edition.c.id))


def _select() -> Select[*tuple[object, ...]]:
    columns = edition.c
    return (
        select(
            columns.id,
            columns.local_date,
            columns.state,
            columns.attempts,
            columns.composed_at,
            columns.next_attempt_at,
            columns.reason,
            subscription.c.name,
            subscription.c.address_id,
            address.c.email,
        )
        .join_from(edition, subscription)
        .join(address)
    )


def _read(tx: Connection, found: Select[*tuple[object, ...]]) -> Sequence[WaitingEdition]:
    return [
        WaitingEdition(
            edition_id=row.id,
            address_id=row.address_id,
            email=row.email,
            name=row.name,
            local_date=row.local_date,
            state=row.state,
            attempts=row.attempts,
            composed_at=row.composed_at,
            next_attempt_at=row.next_attempt_at,
            reason=row.reason or "",
        )
        for row in tx.execute(found)
    ]
