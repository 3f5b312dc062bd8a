"""The SQL statements of a delivery attempt: one for its start, one for its outcome.

They run for every message, through `claims.start_attempt` and `claims.settle_attempt`, or in bulk through a
`PreparedWriter`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import and_, bindparam, select, update

from digest.core.models.delivery import Deferred, EditionState, InDoubt, Outcome, Refused, Sent
from digest.core.models.subscribers import AddressStatus
from digest.logs import redactor
from digest.store.database import schema
from digest.store.database.schema import address, subscription

if TYPE_CHECKING:
    from digest.store.database.prepared_writes import RowUpdate

_ledger = schema.edition

# The statements are built once: building one takes longer than executing it.
_OWN_CLAIM = (
    _ledger.c.id == bindparam("edition_id"),
    _ledger.c.state == EditionState.CLAIMED,
    _ledger.c.owner == bindparam("claimed_by"),
)
# Whether the reader may get mail now. Checked again for each message, just before it is sent.
_MAY_GET_MAIL = and_(
    subscription.c.ended_at.is_(None),
    subscription.c.paused.is_(False),
    address.c.status == AddressStatus.ACTIVE,
)
_READER_MAY_GET_MAIL = (
    select(subscription.c.id)
    .join(address)
    .where(subscription.c.id == _ledger.c.subscription_id, _MAY_GET_MAIL)
    .correlate(_ledger)
    .exists()
)
_START = (
    update(_ledger)
    .where(*_OWN_CLAIM, _READER_MAY_GET_MAIL)
    .values(started_at=bindparam("started_at"))
)
_SETTLE = (
    update(_ledger)
    .where(*_OWN_CLAIM)
    .values(
        state=bindparam("state"),
        attempts=_ledger.c.attempts + 1,
        owner=None,
        started_at=None,
        settled_at=bindparam("settled_at"),
        code=bindparam("code"),
        reason=bindparam("reason"),
    )
)
_POSTPONE = _SETTLE.values(
    next_attempt_at=bindparam("next_attempt_at"), doubts=_ledger.c.doubts + bindparam("doubt")
)


def start_statement(edition_id: int, *, owner: str, now: datetime) -> "RowUpdate":
    """Returns the update that marks a claimed edition as started.

    It matches a row only if this owner holds the claim and the reader may still get mail.

    Args:
        edition_id: Id of the claimed edition.
        owner: `DeliveryLock.token` of the claiming process.
        now: Current time.
    """
    return _START, {"edition_id": edition_id, "claimed_by": owner, "started_at": now}


def settle_statement(
    edition_id: int,
    *,
    owner: str,
    outcome: Outcome,
    now: datetime,
    next_attempt_at: datetime | None = None,
) -> "RowUpdate":
    """Returns the update that records the outcome of an attempt and ends the claim.

    It matches a row only if this owner holds the claim.

    Args:
        edition_id: Id of the claimed edition.
        owner: `DeliveryLock.token` of the claiming process.
        outcome: Result of the attempt.
        now: Current time.
        next_attempt_at: When to try a deferred or doubtful edition again. None: a deferred
            edition expires, and a doubtful one may be sent again at once.
    """
    values: dict[str, Any] = {"edition_id": edition_id, "claimed_by": owner, "settled_at": now}
    statement = _SETTLE
    # A server may repeat in its reply whatever we sent it, so mask secrets.
    if not isinstance(outcome, Sent):
        outcome = replace(outcome, reason=redactor.without_secrets(outcome.reason))
    match outcome:
        case Sent(reply=reply):
            values |= {"state": EditionState.SENT, "code": 250, "reason": reply}
        case Deferred(reason=reason, code=code) if next_attempt_at is not None:
            values |= {"state": EditionState.DEFERRED, "code": code, "reason": reason}
            statement = _POSTPONE
            values |= {"next_attempt_at": next_attempt_at, "doubt": 0}
        case Deferred(reason=reason, code=code):
            values |= {"state": EditionState.EXPIRED, "code": code, "reason": reason}
        case Refused(reason=reason, code=code):
            values |= {"state": EditionState.REFUSED, "code": code, "reason": reason}
        case InDoubt(reason=reason):
            values |= {"state": EditionState.IN_DOUBT, "code": None, "reason": reason}
            statement = _POSTPONE
            values |= {"next_attempt_at": next_attempt_at or now, "doubt": 1}
    return statement, values
