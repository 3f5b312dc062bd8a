"""Claims editions for delivery, starts attempts, and records their outcomes.

An owner is a delivery run; its name in the ledger is `DeliveryLock.token`.
"""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from msgspec.structs import replace
from sqlalchemy import (
    Connection,
    Integer,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    text,
)

from digest.core.models.delivery import ClaimedEdition, EditionState, Outcome, PackedEdition
from digest.core.models.profiles import DEFAULT_PRESENTATION
from digest.core.models.subscribers import AddressStatus
from digest.core.profiles import presentation
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import StoreError
from digest.logs import redactor
from digest.store.database import schema
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import AnyRow, rows_in
from digest.store.editions import attempt_statements, channel_editions
from digest.store.editions.ledger import (
    is_claimed_by,
    select_editions,
    update_editions,
    waiting_conditions,
)
from digest.store.subscribers import subscriptions

REASON_READER_LEFT = "the reader left before it was sent"
REASON_TOO_LATE = "not sent, as it was made longer ago than DIGEST_MAX_LATENESS_HOURS allows"

_NO_SORT = text("SET LOCAL enable_sort = off")

_ledger = schema.edition
_CLAIM_COLUMNS = (
    "local_date", "matched", "message_id", "composed_at", "attempts", "released_at", "reason"
)  # fmt: skip
_SUBSCRIPTION_COLUMNS = (
    "id", "name", "origin", "profile_id", "profile_file", "list_name", "paused", "read_through",
    "ended_at"
)  # fmt: skip


def claim(
    tx: Connection,
    *,
    owner: str,
    now: datetime,
    limit: int,
    email: str | None = None,
    oldest: datetime | None = None,
    channels: bool = False,
) -> list[ClaimedEdition]:
    """Claims editions that may be sent now: first retries that are due, then the oldest ones.

    Editions of readers who have left are withdrawn. Editions that are too old, or that a later
    edition replaces, expire. Editions of paused readers stay queued.

    Args:
        tx: Write transaction; the claims are made when it commits.
        owner: `DeliveryLock.token` of this process.
        now: Current time.
        limit: Maximum number of claims.
        email: Claim only editions to this address; None: to all.
        oldest: Editions composed, or released by the operator, before this moment expire.
            None: no edition expires.
        channels: Claim the editions that go to channels; False: those that go by mail.

    Returns:
        The claimed editions, in the order in which they are to be sent.
    """
    claimed: list[ClaimedEdition] = []
    if email is None and not channels:  # these few are found by their subscriptions
        _claim_in_order(tx)
    values = {"now": now, "email_key": None if email is None else address_key(email)}
    for statement in _claimable(channels=channels, to_one=email is not None):
        while missing := limit - len(claimed):
            candidates = tx.execute(statement, {**values, "missing": missing}).all()
            if not candidates:
                break
            # One query for all candidates, not one for each.
            later = _later_dates(tx, [row.edition_id for row in candidates])
            sendable = []
            for row in candidates:
                end = _why_not_sent(row, later=later.get(row.edition_id), oldest=oldest)
                if end is None:
                    sendable.append(row)
                    continue
                state, reason = end
                # The reason of the last attempt stays readable: it says why the edition waited for
                # so long.
                if row.reason:
                    reason = f"{reason}; before that: {row.reason}"
                update_editions(
                    tx, [_ledger.c.id == row.edition_id], state=state, settled_at=now, reason=reason
                )
            update_editions(
                tx,
                [_ledger.c.id.in_([row.edition_id for row in sendable])],
                state=EditionState.CLAIMED,
                owner=owner,
                claimed_at=now,
                started_at=None,
            )
            claimed += map(_for_channel if channels else _from_row, sendable)
    return claimed


def _claim_in_order(tx: Connection) -> None:
    """Makes PostgreSQL read editions in the order of the index, until the transaction ends.

    Its statistics are of yesterday, when nothing was queued. So it expects a few rows, and would read
    and sort all editions of the day for each claim.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_NO_SORT)


def _from_row(row: AnyRow) -> ClaimedEdition:
    return ClaimedEdition(
        edition_id=row.edition_id,
        subscription=subscriptions.from_row(row),
        edition=PackedEdition(local_date=row.local_date, content=row.content, matched=row.matched),
        message_id=row.message_id,
        composed_at=row.composed_at,
        attempts=row.attempts,
        reader_name=row.reader_name or "",
        weekly=bool(row.weekly),
        presentation=presentation.presentation_of(row.profile_text)
        if row.profile_text
        else DEFAULT_PRESENTATION,
        previous=row.previous,
        is_first=row.previous is None,
        released_at=row.released_at,
    )


def _for_channel(row: AnyRow) -> ClaimedEdition:
    return replace(_from_row(row), channel=row.deliver_to, progress=row.progress or "")


def as_claimed(tx: Connection, edition_id: int) -> ClaimedEdition | None:
    """Returns an edition as a claim has it, without claiming it; None if there is none."""
    found = _select_for_messages(channels=True).where(_ledger.c.id == edition_id)
    row = tx.execute(found).first()
    return None if row is None else replace(_from_row(row), channel=row.deliver_to or "")


def count_queued(tx: Connection, *, most: int) -> int:
    """Counts the queued editions, at most up to a number."""
    # A limit within, because counting a million rows takes longer than the answer is worth.
    queued = select(_ledger.c.id).where(_ledger.c.state == EditionState.QUEUED).limit(most)
    return tx.execute(select(func.count()).select_from(queued.subquery())).scalar_one()


def start_attempt(tx: Connection, edition_id: int, *, owner: str, now: datetime) -> bool:
    """Records that sending a claimed edition starts now.

    Returns:
        False if the edition must not be sent. Since the claim, its reader has left (then it is
        withdrawn) or paused (then it is queued again).

    Raises:
        StoreError: This owner does not hold the claim and must not send the edition.
    """
    if tx.execute(*attempt_statements.start_statement(edition_id, owner=owner, now=now)).rowcount:
        return True
    own_claim = [_ledger.c.id == edition_id, *is_claimed_by(owner)]
    row = tx.execute(select_editions().where(*own_claim)).first()
    if row is None:
        raise StoreError(
            f"edition {edition_id}: is not claimed by this process any more, and was not sent by it"
        )
    if _has_left(row):
        update_editions(
            tx,
            own_claim,
            state=EditionState.WITHDRAWN,
            owner=None,
            settled_at=now,
            reason=REASON_READER_LEFT,
        )
    else:
        update_editions(tx, own_claim, state=EditionState.QUEUED, owner=None)
    return False


def settle_attempt(
    tx: Connection,
    edition_id: int,
    *,
    owner: str,
    outcome: Outcome,
    now: datetime,
    next_attempt_at: datetime | None = None,
) -> None:
    """Records the outcome of an attempt and ends the claim.

    Args:
        tx: Write transaction.
        edition_id: Id of the claimed edition.
        owner: `DeliveryLock.token` of this process.
        outcome: Result of the attempt.
        now: Current time.
        next_attempt_at: When to try a deferred edition again; None: it expires.

    Raises:
        StoreError: This owner does not hold the claim.
    """
    statement, values = attempt_statements.settle_statement(
        edition_id, owner=owner, outcome=outcome, now=now, next_attempt_at=next_attempt_at
    )
    if not tx.execute(statement, values).rowcount:
        raise StoreError(
            f"edition {edition_id}: is not claimed by this process any more,"
            f" so its outcome ({values['state']}) was not recorded"
        )


def requeue(tx: Connection, edition_id: int, *, owner: str, reason: str, now: datetime) -> None:
    """Queues a claimed edition again, after all others.

    For the case that the mail server accepts no messages at all. It does not count as an attempt.

    Raises:
        StoreError: This owner does not hold the claim.
    """
    own_claim = [_ledger.c.id == edition_id, *is_claimed_by(owner)]
    values = {"reason": redactor(reason, always=True), "settled_at": now, "next_attempt_at": now}
    if not update_editions(
        tx, own_claim, state=EditionState.QUEUED, owner=None, started_at=None, **values
    ):
        raise StoreError(f"edition {edition_id}: is not claimed by this process any more")


def release_claims(
    tx: Connection, *, owner: str, reason: str | None = None, now: datetime | None = None
) -> int:
    """Queues an owner's claimed editions again, except those that were started.

    Args:
        tx: Write transaction.
        owner: `DeliveryLock.token` of this process.
        reason: Why they were not sent; None: no attempt was made.
        now: When the delivery stopped; needed with a reason.

    Returns:
        The number of released claims.
    """
    # The reason may name another reader, whose address may be erased later: redact it.
    values = {} if reason is None else {"reason": redactor(reason, always=True), "settled_at": now}
    not_started = [*is_claimed_by(owner), _ledger.c.started_at.is_(None)]
    return update_editions(tx, not_started, state=EditionState.QUEUED, owner=None, **values)


@cache  # building the statements takes as long as claiming 40 editions
def _claimable(*, channels: bool, to_one: bool) -> tuple[Select[*tuple[Any, ...]], ...]:
    """Selects and locks editions of readers who may get mail, or who have left.

    Args:
        channels: the editions that go to channels.
        to_one: those to one address.

    Returns:
        The statements for due retries and for first attempts.
    """
    may_go = and_(subscription.c.paused.is_(False), address.c.status == AddressStatus.ACTIVE)
    has_left = or_(subscription.c.ended_at.is_not(None), address.c.status.in_(CLOSED))
    statement = _select_for_messages(channels=channels).where(or_(may_go, has_left))
    if channels:
        # By the few subscriptions with a channel: many editions may wait to be sent by mail.
        statement = statement.where(_ledger.c.subscription_id.in_(channel_editions.subscribed()))
    statement = statement.where(
        profile.c.deliver_to.is_not(None) if channels else profile.c.deliver_to.is_(None)
    )
    if to_one:
        statement = statement.where(address.c.email_key == bindparam("email_key"))
    oldest = statement.order_by(_ledger.c.next_attempt_at, _ledger.c.id)
    oldest = oldest.limit(bindparam("missing", type_=Integer))
    # Another run may be claiming the same rows: it takes these, and this run the next ones.
    oldest = oldest.with_for_update(skip_locked=True, of=_ledger)
    return tuple(oldest.where(is_due) for is_due in waiting_conditions(bindparam("now")))


@cache  # to build it takes longer than to run it
def _select_for_messages(*, channels: bool = False) -> Select[*tuple[Any, ...]]:
    """Selects editions with what their messages need."""
    # Nothing else: the conversion of each column takes time. The content stays text.
    columns = (
        *(_ledger.c[name] for name in _CLAIM_COLUMNS),
        cast(_ledger.c.content, Text).label("content"),
        *(subscription.c[name] for name in _SUBSCRIPTION_COLUMNS),
        address.c.email,
        address.c.status,
        profile.c.name.label("reader_name"),
        profile.c.weekly,
        # The texts of the others are not needed.
        case((profile.c.has_presentation, profile.c.text)).label("profile_text"),
        _previous_date().label("previous"),
        *((profile.c.deliver_to, _ledger.c.progress) if channels else ()),
    )
    return (
        select(_ledger.c.id.label("edition_id"), *columns)
        .join_from(_ledger, subscription)
        .join(address, subscription.c.address_id == address.c.id)
        .outerjoin(profile, subscription.c.profile_id == profile.c.id)
    )


def _previous_date() -> ScalarSelect[date]:
    """Selects the date of the edition before, by the index of subscription and date."""
    earlier = _ledger.alias()
    return (
        select(earlier.c.local_date)
        .where(
            earlier.c.subscription_id == _ledger.c.subscription_id,
            earlier.c.local_date < _ledger.c.local_date,
        )
        .order_by(earlier.c.local_date.desc())
        .limit(1)
        .correlate(_ledger)
        .scalar_subquery()
    )


def _later_dates(tx: Connection, edition_ids: Collection[int]) -> dict[int, date]:
    """Returns for each edition that a later one replaces the date of the latest such edition.

    A later edition has a later date and was made later, as its id shows. The date alone may be that
    of a wrong clock.
    """
    return {row[0]: row[1] for row in rows_in(tx, _replaced(), _ledger.c.id, edition_ids)}


@cache
def _replaced() -> Select[*tuple[Any, ...]]:
    """Selects the editions that a later one replaces, with the latest date of such an edition."""
    later = _ledger.alias()
    return (
        select(_ledger.c.id, func.max(later.c.local_date))
        .join(
            later,
            and_(
                later.c.subscription_id == _ledger.c.subscription_id,
                later.c.local_date > _ledger.c.local_date,
                # A digest of a later date was usually made later; not if the clock was wrong.
                later.c.id > _ledger.c.id,
            ),
        )
        .group_by(_ledger.c.id)
    )


def _why_not_sent(
    row: AnyRow, *, later: date | None, oldest: datetime | None
) -> tuple[EditionState, str] | None:
    """Returns the final state and the reason, if the edition must not be sent any more."""
    if _has_left(row):
        return EditionState.WITHDRAWN, REASON_READER_LEFT
    # A reader does not want yesterday's digest after that of today; the operator may decide
    # otherwise.
    if later is not None and row.released_at is None:
        return EditionState.EXPIRED, f"not sent, as the digest of {later} has come since"
    if oldest is not None and (row.released_at or row.composed_at) < oldest:
        return EditionState.EXPIRED, REASON_TOO_LATE
    return None


def _has_left(row: AnyRow) -> bool:
    return row.ended_at is not None or row.status in CLOSED
