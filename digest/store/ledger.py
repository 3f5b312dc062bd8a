"""The ledger of editions: what was composed, who delivers it, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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
    update,
)

from digest.core.model import (
    AddressStatus,
    Claimed,
    Edition,
    Outcome,
    State,
    Subscription,
)
from digest.core.roster import CLOSED, address_key
from digest.errors import StoreError
from digest.store import attempts, content, revisions, schema, subscriptions
from digest.store.meta import instance_id
from digest.store.schema import address, edition_paper, subscription
from digest.store.sql import AnyRow, add_new, insert_new, rows_in

TOO_LATE = "not sent, as it was made longer ago than DIGEST_MAX_LATENESS_HOURS allows"

_ledger = schema.edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An edition as the ledger has it."""

    edition_id: int
    subscription: Subscription
    edition: Edition
    message_id: str
    composed_at: datetime
    state: State
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
    state: State = State.QUEUED,
) -> int | None:
    """Enters an edition and the papers it shows; None if its day has one already.

    Its Message-ID is fixed here: `<local date.edition id.instance id@message_domain>`.
    """
    row = {
        "subscription_id": subscription_id,
        "local_date": edition.local_date,
        "composed_at": composed_at,
        "state": state,
        "content": content.pack(edition),
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
    name = f"<{edition.local_date}.{edition_id}.{instance_id(tx)}@{message_domain}>"
    change(tx, [_ledger.c.id == edition_id], message_id=name)
    add_new(
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


def load(tx: Connection, edition_id: int) -> Recorded:
    """An edition with its papers, as they were when it was composed.

    Raises:
        StoreError: there is none with this id.
    """
    row = tx.execute(_joined().where(_ledger.c.id == edition_id)).first()
    if row is None:
        raise StoreError(f"edition {edition_id}: the ledger has none of this number")
    return _recorded(tx, row)


def last_edition(tx: Connection, subscription_id: int) -> Recorded | None:
    """The subscription's latest edition."""
    mine = _joined().where(_ledger.c.subscription_id == subscription_id)
    row = tx.execute(mine.order_by(_ledger.c.local_date.desc()).limit(1)).first()
    return None if row is None else _recorded(tx, row)


def has_edition(tx: Connection, subscription_id: int, local_date: date) -> bool:
    """Whether the subscription has its edition of this day."""
    same = select(_ledger.c.id).where(
        _ledger.c.subscription_id == subscription_id, _ledger.c.local_date == local_date
    )
    return tx.execute(same).first() is not None


def shown(tx: Connection, subscription_id: int, paper_ids: Collection[int]) -> set[int]:
    """Those of the papers that stood in an edition of this subscription."""
    mine = select(edition_paper.c.paper_id).where(
        edition_paper.c.subscription_id == subscription_id
    )
    return {row.paper_id for row in rows_in(tx, mine, edition_paper.c.paper_id, paper_ids)}


def claim(
    tx: Connection,
    *,
    owner: str,
    now: datetime,
    limit: int,
    email: str | None = None,
    oldest: datetime | None = None,
) -> list[Claimed]:
    """Takes editions that may go out now, at most `limit`: those due again, then the oldest.

    What belongs to a reader who has left is withdrawn on the way, and what is too old or
    has a successor expires; what belongs to one who paused stays queued.

    Args:
        tx: a write transaction; its commit makes the claims.
        owner: a token from `owners.hold`.
        now: the moment.
        limit: how many at most.
        email: only editions to this address.
        oldest: editions composed before this moment expire; None: none does.
    """
    again = and_(_ledger.c.state == State.DEFERRED, _ledger.c.next_attempt_at <= now)
    rows: list[AnyRow] = []
    for due in (again, _ledger.c.state == State.QUEUED):
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
                state=State.CLAIMED,
                owner=owner,
                claimed_at=now,
                started_at=None,
            )
            rows += kept
    editions = _editions(tx, rows)
    return [
        Claimed(
            edition_id=row.edition_id,
            subscription=subscriptions.of_row(row),
            edition=edition,
            message_id=row.message_id,
            composed_at=row.composed_at,
            attempts=row.attempts,
        )
        for row, edition in zip(rows, editions, strict=True)
    ]


def start(tx: Connection, edition_id: int, *, owner: str, now: datetime) -> None:
    """Notes that a claimed edition may be on its way from here on.

    Raises:
        StoreError: this owner does not hold the claim, and must not send.
    """
    if not tx.execute(*attempts.starting(edition_id, owner=owner, now=now)).rowcount:
        raise StoreError(
            f"edition {edition_id}: is not claimed by this process any more, and was not sent by it"
        )


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
    statement, values = attempts.settling(
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
    values = {"reason": reason, "settled_at": now, "next_attempt_at": now}
    if not change(tx, mine, state=State.QUEUED, owner=None, started_at=None, **values):
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
    said = {} if reason is None else {"reason": reason, "settled_at": now}
    mine = [*claimed_by(owner), _ledger.c.started_at.is_(None)]
    return change(tx, mine, state=State.QUEUED, owner=None, **said)


def change(tx: Connection, where: Iterable[ColumnElement[bool]], **values: Any) -> int:
    """Changes the editions for which all of this holds; how many. For this package alone."""
    return tx.execute(update(_ledger).where(*where).values(**values)).rowcount


def claimed_by(owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What is true of an owner's claims. For this package alone."""
    return _ledger.c.state == State.CLAIMED, _ledger.c.owner == owner


def _joined() -> Select[*tuple[Any, ...]]:
    columns = [column for column in _ledger.c if column is not _ledger.c.id]
    return (
        select(_ledger.c.id.label("edition_id"), *columns)
        .join_from(_ledger, subscription)
        .join(address)
        .add_columns(*subscription.c, address.c.email, address.c.status)
    )


def _claimable(due: ColumnElement[bool], email: str | None) -> Select[*tuple[Any, ...]]:
    """Editions of readers who may get mail, and of those who left, which are withdrawn."""
    may_go = and_(subscription.c.paused.is_(False), address.c.status == AddressStatus.ACTIVE)
    has_left = or_(subscription.c.ended_at.is_not(None), address.c.status.in_(CLOSED))
    statement = _joined().where(due, or_(may_go, has_left))
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


def _why_not(row: AnyRow, *, newest: date, oldest: datetime | None) -> tuple[State, str] | None:
    """Why an edition is not sent any more, and the state it gets."""
    if row.ended_at is not None or row.status in CLOSED:
        return State.WITHDRAWN, "the reader left before it was sent"
    if row.local_date < newest:
        return State.EXPIRED, f"not sent, as the digest of {newest} has come since"
    if oldest is not None and row.composed_at < oldest:
        return State.EXPIRED, TOO_LATE
    return None


def _recorded(tx: Connection, row: AnyRow) -> Recorded:
    (edition,) = _editions(tx, [row])
    return Recorded(
        edition_id=row.edition_id,
        subscription=subscriptions.of_row(row),
        edition=edition,
        message_id=row.message_id,
        composed_at=row.composed_at,
        state=row.state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if row.state is State.DEFERRED else None,
        settled_at=row.settled_at,
        code=row.code,
        reason=row.reason,
    )


def _editions(tx: Connection, rows: Sequence[AnyRow]) -> list[Edition]:
    wanted = {number for row in rows for number in content.revision_ids(row.content)}
    papers = {number: found.paper for number, found in revisions.of_ids(tx, wanted).items()}
    return [
        content.unpack(row.content, local_date=row.local_date, matched=row.matched, papers=papers)
        for row in rows
    ]
