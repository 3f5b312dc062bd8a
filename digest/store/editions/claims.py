"""What an owner does with editions of the ledger: takes them, starts them, settles them."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
)

from digest.core.models.delivery import ClaimedEdition, EditionState, Outcome
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import StoreError
from digest.logs import redactor
from digest.store.database import schema
from digest.store.database.schema import address, subscription
from digest.store.database.statements import AnyRow, rows_in
from digest.store.editions import attempt_statements
from digest.store.editions.ledger import change, claimed_by, editions, joined
from digest.store.subscribers import subscriptions

LEFT = "the reader left before it was sent"
TOO_LATE = "not sent, as it was made longer ago than DIGEST_MAX_LATENESS_HOURS allows"

_ledger = schema.edition


def claim(
    tx: Connection,
    *,
    owner: str,
    now: datetime,
    limit: int,
    email: str | None = None,
    oldest: datetime | None = None,
) -> list[ClaimedEdition]:
    """Takes editions that may go out now, at most `limit`: those due again, then the oldest.

    What belongs to a reader who has left is withdrawn on the way, and what is too old or
    has a successor expires; what belongs to one who paused stays queued.

    Args:
        tx: a write transaction; its commit makes the claims.
        owner: a token from `owners.hold`.
        now: the moment.
        limit: how many at most.
        email: only editions to this address.
        oldest: editions composed, or released, before this moment expire; None: none does.
    """
    again = and_(_ledger.c.state == EditionState.DEFERRED, _ledger.c.next_attempt_at <= now)
    rows: list[AnyRow] = []
    for due in (again, _ledger.c.state == EditionState.QUEUED):
        while missing := limit - len(rows):
            found = tx.execute(_claimable(due, email).limit(missing)).all()
            if not found:
                break
            newest = _newest(tx, {row.subscription_id for row in found})
            kept = []
            for row in found:
                gone = _why_not(row, newest=newest[row.subscription_id], oldest=oldest)
                if gone is None:
                    kept.append(row)
                    continue
                state, reason = gone
                if row.reason:
                    reason = f"{reason}; before that: {row.reason}"
                change(
                    tx, [_ledger.c.id == row.edition_id], state=state, settled_at=now, reason=reason
                )
            change(
                tx,
                [_ledger.c.id.in_([row.edition_id for row in kept])],
                state=EditionState.CLAIMED,
                owner=owner,
                claimed_at=now,
                started_at=None,
            )
            rows += kept
    found_editions = editions(tx, rows)
    return [
        ClaimedEdition(
            edition_id=row.edition_id,
            subscription=subscriptions.of_row(row),
            edition=edition,
            message_id=row.message_id,
            composed_at=row.composed_at,
            attempts=row.attempts,
            released_at=row.released_at,
        )
        for row, edition in zip(rows, found_editions, strict=True)
    ]


def start(tx: Connection, edition_id: int, *, owner: str, now: datetime) -> bool:
    """Notes that a claimed edition may be on its way from here on.

    Returns:
        False if it must not be sent: since it was claimed, its reader has left, and it is
        withdrawn, or has paused, and it is queued again.

    Raises:
        StoreError: this owner does not hold the claim, and must not send.
    """
    if tx.execute(*attempt_statements.starting(edition_id, owner=owner, now=now)).rowcount:
        return True
    mine = [_ledger.c.id == edition_id, *claimed_by(owner)]
    row = tx.execute(joined().where(*mine)).first()
    if row is None:
        raise StoreError(
            f"edition {edition_id}: is not claimed by this process any more, and was not sent by it"
        )
    if _has_left(row):
        change(tx, mine, state=EditionState.WITHDRAWN, owner=None, settled_at=now, reason=LEFT)
    else:
        change(tx, mine, state=EditionState.QUEUED, owner=None)
    return False


def settle(
    tx: Connection,
    edition_id: int,
    *,
    owner: str,
    outcome: Outcome,
    now: datetime,
    next_attempt_at: datetime | None = None,
) -> None:
    """Writes what became of a claimed edition; deferred without a next attempt, it expires.

    Raises:
        StoreError: this owner does not hold the claim.
    """
    statement, values = attempt_statements.settling(
        edition_id, owner=owner, outcome=outcome, now=now, next_attempt_at=next_attempt_at
    )
    if not tx.execute(statement, values).rowcount:
        raise StoreError(
            f"edition {edition_id}: is not claimed by this process any more,"
            f" so its outcome ({values['state']}) was not recorded"
        )


def put_back(tx: Connection, edition_id: int, *, owner: str, reason: str, now: datetime) -> None:
    """Queues a claimed edition again, behind all others: the server would take no letter.

    Raises:
        StoreError: this owner does not hold the claim.
    """
    mine = [_ledger.c.id == edition_id, *claimed_by(owner)]
    values = {"reason": redactor(reason, always=True), "settled_at": now, "next_attempt_at": now}
    if not change(tx, mine, state=EditionState.QUEUED, owner=None, started_at=None, **values):
        raise StoreError(f"edition {edition_id}: is not claimed by this process any more")


def release(
    tx: Connection, *, owner: str, reason: str | None = None, now: datetime | None = None
) -> int:
    """Gives those of an owner's claims back to the queue that were not started; how many.

    Args:
        tx: a write transaction.
        owner: a token from `owners.hold`.
        reason: why they were not sent; None: nothing was tried.
        now: when that was.
    """
    # The words may be about another reader, who may be erased one day.
    said = {} if reason is None else {"reason": redactor(reason, always=True), "settled_at": now}
    mine = [*claimed_by(owner), _ledger.c.started_at.is_(None)]
    return change(tx, mine, state=EditionState.QUEUED, owner=None, **said)


def _claimable(due: ColumnElement[bool], email: str | None) -> Select[*tuple[Any, ...]]:
    """Editions of readers who may get mail, and of those who left, which are withdrawn."""
    may_go = and_(subscription.c.paused.is_(False), address.c.status == AddressStatus.ACTIVE)
    has_left = or_(subscription.c.ended_at.is_not(None), address.c.status.in_(CLOSED))
    statement = joined().where(due, or_(may_go, has_left))
    if email is not None:
        statement = statement.where(address.c.email_key == address_key(email))
    oldest = statement.order_by(_ledger.c.next_attempt_at, _ledger.c.id)
    return oldest.with_for_update(skip_locked=True, of=_ledger)


def _newest(tx: Connection, subscription_ids: Collection[int]) -> dict[int, date]:
    """The day of each subscription's latest edition."""
    theirs = select(_ledger.c.subscription_id, func.max(_ledger.c.local_date)).group_by(
        _ledger.c.subscription_id
    )
    return {
        row[0]: row[1] for row in rows_in(tx, theirs, _ledger.c.subscription_id, subscription_ids)
    }


def _why_not(
    row: AnyRow, *, newest: date, oldest: datetime | None
) -> tuple[EditionState, str] | None:
    """Why an edition is not sent any more, and the state it gets."""
    if _has_left(row):
        return EditionState.WITHDRAWN, LEFT
    if row.local_date < newest and row.released_at is None:
        return EditionState.EXPIRED, f"not sent, as the digest of {newest} has come since"
    if oldest is not None and (row.released_at or row.composed_at) < oldest:
        return EditionState.EXPIRED, TOO_LATE
    return None


def _has_left(row: AnyRow) -> bool:
    return row.ended_at is not None or row.status in CLOSED
