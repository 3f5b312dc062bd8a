"""The few figures by which to tell that all is well, for monitoring and the operator's mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, select

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.core.problems import EndedEditions, FailingSource
from digest.store.database.schema import address, batch, edition, source, subscription
from digest.store.editions.delivery_pause import DeliveryPause, paused

RECENT = timedelta(days=1)  # in which what ended badly is still news


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFigures:
    """The store at one moment."""

    editions: Mapping[EditionState, int]  # every state
    waiting_since: datetime | None  # when the oldest that could go out at once was made
    put_back: EndedEditions | None  # waits, as the mail server would take no letter
    refused: EndedEditions | None  # lately
    expired: EndedEditions | None  # lately
    addresses: Mapping[AddressStatus, int]  # every status
    subscriptions: int  # live ones
    pause: DeliveryPause | None


def health_figures(tx: Connection, *, now: datetime) -> HealthFigures:
    """The figures of this moment."""
    states = select(edition.c.state, func.count()).group_by(edition.c.state)
    counted: dict[EditionState, int] = {row[0]: row[1] for row in tx.execute(states)}
    statuses = select(address.c.status, func.count()).group_by(address.c.status)
    known: dict[AddressStatus, int] = {row[0]: row[1] for row in tx.execute(statuses)}
    live = select(func.count()).select_from(subscription).where(subscription.c.ended_at.is_(None))
    recent = edition.c.settled_at > now - RECENT
    return HealthFigures(
        editions={state: counted.get(state, 0) for state in EditionState},
        waiting_since=_waiting_since(tx, now),
        put_back=_ended(
            tx,
            EditionState.QUEUED,
            edition.c.reason.is_not(None),
            edition.c.settled_at.is_not(None),
        ),
        refused=_ended(tx, EditionState.REFUSED, recent),
        expired=_ended(tx, EditionState.EXPIRED, recent),
        addresses={status: known.get(status, 0) for status in AddressStatus},
        subscriptions=tx.execute(live).scalar_one(),
        pause=paused(tx),
    )


def failing_sources(tx: Connection, name: str) -> FailingSource | None:
    """Since when a source fails; None if its last batch could be read, or there was none."""
    mine = batch.c.source == name
    good = select(func.coalesce(func.max(batch.c.id), 0)).where(
        mine, batch.c.verdict != Verdict.FAILED
    )
    since = and_(mine, batch.c.id > tx.execute(good).scalar_one())
    bounds = select(
        func.count(), func.min(batch.c.collected_at), func.max(batch.c.collected_at)
    ).where(since)
    times, first, last = tx.execute(bounds).one()
    if not times:
        return None
    said = select(batch.c.rejected).where(since).order_by(batch.c.id.desc()).limit(1)
    rejected = tx.execute(said).scalar_one()
    reason = str(rejected[0][1]) if rejected else ""
    return FailingSource(name=name, first=first, last=last, times=times, reason=reason)


def source_names(tx: Connection) -> tuple[str, ...]:
    """The sources that were ever looked at, by name."""
    return tuple(tx.execute(select(source.c.name).order_by(source.c.name)).scalars())


def _waiting_since(tx: Connection, now: datetime) -> datetime | None:
    """Readers who have paused wait because they want to."""
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
    found: datetime | None = tx.execute(oldest).scalar_one()
    return found


def _ended(tx: Connection, state: EditionState, *such: object) -> EndedEditions | None:
    where = and_(edition.c.state == state, *such)  # type: ignore[arg-type]
    number, first = tx.execute(
        select(func.count(), func.min(edition.c.settled_at)).where(where)
    ).one()
    if not number:
        return None
    last = select(edition.c.reason).where(where).order_by(edition.c.settled_at.desc()).limit(1)
    return EndedEditions(number=number, since=first, reason=tx.execute(last).scalar_one() or "")
