"""What a run finds before it sends: claims of dead owners, editions in doubt, editions too old."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, edition, subscription
from digest.store.database.statements import IN_LIST, rows_in
from digest.store.editions.claims import TOO_LATE
from digest.store.editions.ledger import change, claimed_by

_DIED = "the process that was sending it ended, and the server's answer, if any, is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEdition:
    """An edition that a person has to decide on."""

    edition_id: int
    email: str
    state: EditionState
    message_id: str
    reason: str
    at: datetime  # the end of its last attempt


def recover(
    tx: Connection,
    *,
    alive: Callable[[str], bool],
    now: datetime,
    hung_since: datetime | None = None,
) -> int:
    """Takes the claims of dead owners from them; how many.

    What they had not begun to send is queued again; what they had is in doubt.

    Args:
        tx: a write transaction.
        alive: whether an owner still lives: `owners.is_alive`.
        now: the moment.
        hung_since: owners that live count as dead for claims made before this moment.
    """
    claimed = select(edition.c.owner).where(edition.c.state == EditionState.CLAIMED).distinct()
    owners = tx.execute(claimed).scalars().all()
    taken = 0
    for owner in owners:
        theirs = list(claimed_by(owner))
        if alive(owner):
            if hung_since is None:
                continue
            theirs.append(edition.c.claimed_at < hung_since)
        taken += change(
            tx,
            [*theirs, edition.c.started_at.is_not(None)],
            state=EditionState.IN_DOUBT,
            attempts=edition.c.attempts + 1,
            doubts=edition.c.doubts + 1,
            next_attempt_at=now,
            settled_at=now,
            code=None,
            reason=_DIED,
            owner=None,
            started_at=None,
        )
        taken += change(
            tx, [*theirs, edition.c.started_at.is_(None)], state=EditionState.QUEUED, owner=None
        )
    return taken


def resend_doubtful(tx: Connection, *, now: datetime, most: int) -> int:
    """Queues again what may or may not have arrived, behind the rest; how many.

    The policy is the caller's.

    Args:
        tx: a write transaction.
        now: only those whose wait is over.
        most: how often an edition may have been in doubt; after that it is left so.
    """
    due = [
        edition.c.state == EditionState.IN_DOUBT,
        edition.c.next_attempt_at <= now,
        edition.c.doubts < most,
    ]
    return change(tx, due, state=EditionState.QUEUED)


def expire(tx: Connection, *, oldest: datetime, doubtful: bool, now: datetime) -> int:
    """Expires what was composed, or released, before `oldest` and still waits; how many.

    Args:
        tx: a write transaction.
        oldest: the moment.
        doubtful: also what is in doubt, and would be sent again otherwise.
        now: when that was found.
    """
    waiting = [
        EditionState.QUEUED,
        EditionState.DEFERRED,
        *([EditionState.IN_DOUBT] if doubtful else []),
    ]
    since = func.coalesce(edition.c.released_at, edition.c.composed_at)
    old = [edition.c.state.in_(waiting), since < oldest]
    return change(tx, old, state=EditionState.EXPIRED, settled_at=now, reason=TOO_LATE)


def held_editions(tx: Connection) -> list[HeldEdition]:
    """All editions in doubt, the oldest first."""
    wanted = (
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
        for row in tx.execute(wanted)
    ]


def held_count(tx: Connection, *, tried: int) -> int:
    """How many editions in doubt wait for a person.

    Args:
        tx: a transaction.
        tried: those that were in doubt so often; 0: all.
    """
    stuck = select(func.count()).where(
        edition.c.state == EditionState.IN_DOUBT, edition.c.doubts >= tried
    )
    return tx.execute(stuck).scalar_one()


def decide(
    tx: Connection, edition_ids: Collection[int] | None, *, send: bool, now: datetime
) -> list[int]:
    """What a person says of editions in doubt, or set aside as refused; those that it changed.

    Args:
        tx: a write transaction.
        edition_ids: which; None: all that are in doubt.
        send: queue them again, however late they are; otherwise they are withdrawn.
        now: the moment.
    """
    if edition_ids is None:
        edition_ids = [item.edition_id for item in held_editions(tx)]
    stuck = select(edition.c.id).where(
        edition.c.state.in_([EditionState.IN_DOUBT, EditionState.REFUSED])
    )
    found = sorted(row.id for row in rows_in(tx, stuck, edition.c.id, edition_ids))
    for start in range(0, len(found), IN_LIST):
        which = [edition.c.id.in_(found[start : start + IN_LIST])]
        if send:
            change(
                tx, which, state=EditionState.QUEUED, doubts=0, next_attempt_at=now, released_at=now
            )
        else:
            said = "dropped by the operator"
            change(tx, which, state=EditionState.WITHDRAWN, settled_at=now, reason=said)
    return found
