"""Handles editions that earlier runs left: claims of dead processes, doubtful and late editions."""

from collections.abc import Callable, Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, and_, func, or_, select

from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, edition, subscription
from digest.store.database.statements import IN_LIST, rows_in
from digest.store.editions.claims import REASON_TOO_LATE
from digest.store.editions.ledger import is_claimed_by, update_editions
from digest.store.maintenance import wrong_clock

REASON_HELD = "held by the operator"
_DIED = "the process that was sending it ended, and the server's answer, if any, is not known"


class HeldEdition(Struct, frozen=True, kw_only=True):
    """An edition that waits for a decision of the operator."""

    edition_id: int
    email: str
    state: EditionState
    message_id: str
    reason: str
    at: datetime  # when the last attempt ended


def recover_claims(
    tx: Connection,
    *,
    alive: Callable[[str], bool],
    now: datetime,
    hung_since: datetime | None = None,
) -> int:
    """Ends the claims of dead owners.

    Editions that were not started are queued again. Those that were started are now in doubt.

    Args:
        tx: Write transaction.
        alive: Whether the owner of a token is alive: `delivery_lock.is_alive`.
        now: Current time.
        hung_since: Claims made before this moment end even if their owner is alive, because it
            must have hung. None: only claims of dead owners end.

    Returns:
        The number of claims that ended.
    """
    claimed = select(edition.c.owner).where(edition.c.state == EditionState.CLAIMED).distinct()
    owners = tx.execute(claimed).scalars().all()
    recovered = 0
    # An owner is a process. Whether it is alive is asked once for each process, not for each
    # edition, because it asks the database for a lock.
    for owner in owners:
        claims = list(is_claimed_by(owner))
        if alive(owner):
            if hung_since is None:
                continue
            claims.append(edition.c.claimed_at < hung_since)
        recovered += update_editions(
            tx,
            [*claims, edition.c.started_at.is_not(None)],
            state=EditionState.IN_DOUBT,
            # It counts as an attempt, because the message may have been sent.
            attempts=edition.c.attempts + 1,
            doubts=edition.c.doubts + 1,
            next_attempt_at=now,
            settled_at=now,
            code=None,
            reason=_DIED,
            owner=None,
            started_at=None,
        )
        recovered += update_editions(
            tx, [*claims, edition.c.started_at.is_(None)], state=EditionState.QUEUED, owner=None
        )
    return recovered


def requeue_doubtful(tx: Connection, *, now: datetime, most: int) -> int:
    """Queues doubtful editions again, which may or may not have arrived.

    The caller decides whether the settings allow it.

    Args:
        tx: Write transaction.
        now: Only editions whose next attempt is due at this time.
        most: Only editions that were in doubt fewer times than this.

    Returns:
        The number of queued editions.
    """
    is_due = [
        edition.c.state == EditionState.IN_DOUBT,
        edition.c.next_attempt_at <= now,
        edition.c.doubts < most,
    ]
    return update_editions(tx, is_due, state=EditionState.QUEUED)


def expire_late(tx: Connection, *, oldest: datetime, doubtful: bool, now: datetime) -> int:
    """Expires waiting editions that were composed, or released by the operator, too long ago.

    Editions that seem too old only because the clock was behind are released.

    Args:
        tx: Write transaction.
        oldest: Editions from before this moment expire.
        doubtful: Whether doubtful editions expire too. True when they would be sent again.
        now: Current time.

    Returns:
        The number of expired editions.
    """
    wrong_clock.release_editions_dated_back(tx, oldest=oldest, now=now)
    waiting = [
        EditionState.QUEUED,
        EditionState.DEFERRED,
        *([EditionState.IN_DOUBT] if doubtful else []),
    ]
    # A release by the operator starts the time again: the operator knows how old the digest is.
    counts_from = func.coalesce(edition.c.released_at, edition.c.composed_at)
    is_late = [edition.c.state.in_(waiting), counts_from < oldest]
    return update_editions(
        tx, is_late, state=EditionState.EXPIRED, settled_at=now, reason=REASON_TOO_LATE
    )


def held_editions(tx: Connection) -> list[HeldEdition]:
    """Returns all doubtful editions, oldest first."""
    doubtful = (
        select(edition, address.c.email)
        .join_from(edition, subscription)
        .join(address)
        .where(edition.c.state == EditionState.IN_DOUBT)
        .order_by(edition.c.settled_at, edition.c.id)
    )
    return [
        HeldEdition(
            edition_id=row.id,
            email=row.email,
            state=row.state,
            message_id=row.message_id,
            reason=row.reason or "",
            at=row.settled_at,
        )
        for row in tx.execute(doubtful)
    ]


def count_held_editions(tx: Connection, *, tried: int) -> int:
    """Counts the doubtful editions that wait for a decision of the operator.

    Args:
        tx: Transaction.
        tried: Only editions that were in doubt at least this many times; 0: all.
    """
    held = select(func.count()).where(
        edition.c.state == EditionState.IN_DOUBT, edition.c.doubts >= tried
    )
    return tx.execute(held).scalar_one()


def hold(tx: Connection, edition_ids: Collection[int], *, now: datetime) -> list[int]:
    """Keeps editions that wait from being sent, until the operator releases or drops them.

    Args:
        tx: Write transaction.
        edition_ids: Editions to hold; those that are being sent, or do not wait, are ignored.
        now: Current time.

    Returns:
        The ids of the held editions, sorted.
    """
    waits = edition.c.state.in_([EditionState.QUEUED, EditionState.DEFERRED])
    held: list[int] = []
    for number in sorted(set(edition_ids)):
        is_one = [edition.c.id == number, waits]
        values = {"state": EditionState.WITHDRAWN, "settled_at": now, "reason": REASON_HELD}
        if update_editions(tx, is_one, **values):
            held.append(number)
    return held


def apply_decision(
    tx: Connection, edition_ids: Collection[int] | None, *, send: bool, now: datetime
) -> list[int]:
    """Applies the operator's decision about doubtful, refused or held editions.

    Args:
        tx: Write transaction.
        edition_ids: Editions to decide on; those in other states are ignored. None: all doubtful
            editions.
        send: True queues them again, however late they are; False withdraws them.
        now: Current time.

    Returns:
        The ids of the changed editions, sorted.
    """
    if edition_ids is None:
        edition_ids = [item.edition_id for item in held_editions(tx)]
    is_held = and_(edition.c.state == EditionState.WITHDRAWN, edition.c.reason == REASON_HELD)
    undecided = select(edition.c.id).where(
        or_(edition.c.state.in_([EditionState.IN_DOUBT, EditionState.REFUSED]), is_held)
    )
    ids = sorted(row.id for row in rows_in(tx, undecided, edition.c.id, edition_ids))
    for start in range(0, len(ids), IN_LIST):
        part = [edition.c.id.in_(ids[start : start + IN_LIST])]
        # The doubts are counted from 0 again, or the next one would hold the edition at once.
        if send:
            # With a reason, it would count as one that the server did not accept.
            update_editions(tx, [*part, is_held], reason=None, settled_at=None)
            update_editions(
                tx, part, state=EditionState.QUEUED, doubts=0, next_attempt_at=now, released_at=now
            )
        else:
            reason = "dropped by the operator"
            update_editions(tx, part, state=EditionState.WITHDRAWN, settled_at=now, reason=reason)
    return ids
