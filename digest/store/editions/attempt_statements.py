"""The statements of an attempt to deliver: its start, and its outcome.

They are run for every letter, by `claims.start` and `claims.settle` or by a `Lane`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select, update

from digest.core.models.delivery import Deferred, EditionState, InDoubt, Outcome, Refused, Sent
from digest.core.models.subscribers import AddressStatus
from digest.logs import redactor
from digest.store.database import schema
from digest.store.database.prepared_writes import RowUpdate
from digest.store.database.schema import address, subscription

_ledger = schema.edition

# Run once for every letter, and so built once: building them would cost more than they do.
_OWN_CLAIM = (
    _ledger.c.id == bindparam("which"),
    _ledger.c.state == EditionState.CLAIMED,
    _ledger.c.owner == bindparam("whose"),
)
# Who may get mail at this moment: asked again for each letter, just before it goes out.
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
_START = update(_ledger).where(*_OWN_CLAIM, _READER_MAY_GET_MAIL).values(started_at=bindparam("started_at"))
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


def starting(edition_id: int, *, owner: str, now: datetime) -> RowUpdate:
    """What `start` executes, for a `Lane`.

    It finds a row if this owner holds the claim and its reader may still get mail.
    """
    return _START, {"which": edition_id, "whose": owner, "started_at": now}


def settling(
    edition_id: int,
    *,
    owner: str,
    outcome: Outcome,
    now: datetime,
    next_attempt_at: datetime | None = None,
) -> RowUpdate:
    """What `settle` executes, for a `Lane`: it finds a row if this owner holds the claim."""
    values: dict[str, Any] = {"which": edition_id, "whose": owner, "settled_at": now}
    statement = _SETTLE
    if not isinstance(outcome, Sent):  # a server may repeat whatever it was told
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
