"""Collects the figures that show whether the system is healthy, for monitoring and alerts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, and_, func, select, text

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.core.problems import EndedEditions, FailingSource
from digest.store.database.schema import NOT_ACCEPTED, address, batch, edition, source, subscription
from digest.store.editions.delivery_pause import DeliveryPause, current_pause

RECENT = timedelta(days=1)  # how long refused and expired editions count


class HealthFigures(Struct, frozen=True, kw_only=True):
    """The health of the store at one moment."""

    editions: Mapping[EditionState, int]  # number of editions for every state
    waiting_since: datetime | None  # when the oldest edition that may be sent now was composed
    requeued: EndedEditions | None  # queued again because the mail server accepted no messages
    refused: EndedEditions | None  # within `RECENT`
    expired: EndedEditions | None  # within `RECENT`
    addresses: Mapping[AddressStatus, int]  # number of addresses for every status
    subscriptions: int  # live subscriptions
    pause: DeliveryPause | None


def health_figures(tx: Connection, *, now: datetime) -> HealthFigures:
    """Returns the figures of this moment."""
    by_state = select(edition.c.state, func.count()).group_by(edition.c.state)
    editions: dict[EditionState, int] = {row[0]: row[1] for row in tx.execute(by_state)}
    by_status = select(address.c.status, func.count()).group_by(address.c.status)
    addresses: dict[AddressStatus, int] = {row[0]: row[1] for row in tx.execute(by_status)}
    live = select(func.count()).select_from(subscription).where(subscription.c.ended_at.is_(None))
    is_recent = and_(text(NOT_ACCEPTED), edition.c.settled_at > now - RECENT)
    return HealthFigures(
        editions={state: editions.get(state, 0) for state in EditionState},
        waiting_since=_waiting_since(tx, now),
        requeued=_ended(
            tx,
            EditionState.QUEUED,
            edition.c.reason.is_not(None),
            edition.c.settled_at.is_not(None),
        ),
        refused=_ended(tx, EditionState.REFUSED, is_recent),
        expired=_ended(tx, EditionState.EXPIRED, is_recent),
        addresses={status: addresses.get(status, 0) for status in AddressStatus},
        subscriptions=tx.execute(live).scalar_one(),
        pause=current_pause(tx),
    )


def failing_source(tx: Connection, name: str) -> FailingSource | None:
    """Returns the failures of a source since its last success.

    Returns:
        None if its last fetch succeeded, or if it was never fetched.
    """
    is_of_source = batch.c.source == name
    # By id, not by time: the clock may have been set back.
    succeeded = select(batch.c.id).where(is_of_source, batch.c.verdict != Verdict.FAILED)
    last_success = tx.execute(succeeded.order_by(batch.c.id.desc()).limit(1)).scalar()
    is_failure = and_(is_of_source, batch.c.id > (last_success or 0))
    bounds = select(
        func.count(), func.min(batch.c.collected_at), func.max(batch.c.collected_at)
    ).where(is_failure)
    times, first, last = tx.execute(bounds).one()
    if not times:
        return None
    last_rejected = select(batch.c.rejected).where(is_failure).order_by(batch.c.id.desc()).limit(1)
    rejected = tx.execute(last_rejected).scalar_one()
    reason = str(rejected[0][1]) if rejected else ""
    return FailingSource(name=name, first=first, last=last, times=times, reason=reason)


def source_names(tx: Connection) -> tuple[str, ...]:
    """Returns the names of all sources that were ever fetched, sorted."""
    return tuple(tx.execute(select(source.c.name).order_by(source.c.name)).scalars())


def _waiting_since(tx: Connection, now: datetime) -> datetime | None:
    # Editions of paused readers do not count: they wait because the reader wants it.
    oldest = (
        select(func.min(edition.c.composed_at))
        .join_from(edition, subscription)
        .join(address)
        .where(
            edition.c.state.in_((EditionState.QUEUED, EditionState.CLAIMED)),
            edition.c.next_attempt_at <= now,
            subscription.c.ended_at.is_(None),
            subscription.c.paused.is_(False),
            address.c.status == AddressStatus.ACTIVE,
        )
    )
    composed_at: datetime | None = tx.execute(oldest).scalar_one()
    return composed_at


def _ended(tx: Connection, state: EditionState, *conditions: object) -> EndedEditions | None:
    # Not `state = ...`, with which SQLite would read all editions in this state.
    is_state = (
        edition.c.state == state
        if state is EditionState.QUEUED
        else func.lower(edition.c.state) == state.value
    )
    where = and_(is_state, *conditions)  # type: ignore[arg-type]
    number, first = tx.execute(
        select(func.count(), func.min(edition.c.settled_at)).where(where)
    ).one()
    if not number:
        return None
    last = select(edition.c.reason).where(where).order_by(edition.c.settled_at.desc()).limit(1)
    return EndedEditions(number=number, since=first, reason=tx.execute(last).scalar_one() or "")
