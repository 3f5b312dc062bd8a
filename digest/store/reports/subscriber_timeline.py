"""One subscriber's last days: the address, its subscriptions, their editions, what came in."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.store.database.schema import address, batch, edition, subscription
from digest.store.editions.delivery_pause import DeliveryPause, paused
from digest.store.subscribers import due as due_store
from digest.store.subscribers import subscriptions
from digest.store.subscribers.due import DueSubscription
from digest.store.subscribers.subscriptions import ConsentEntry, SubscriberAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSummary:
    """An edition, and where it stands."""

    edition_id: int
    subscription_id: int
    local_date: date
    state: EditionState
    composed_at: datetime
    attempts: int
    settled_at: datetime | None  # the end of the last attempt
    next_attempt_at: datetime
    code: int | None  # SMTP, of that attempt
    reason: str | None
    papers: int  # that matched


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchArrival:
    """A look at a source."""

    source: str
    collected_at: datetime
    verdict: Verdict
    new: int
    listed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberTimeline:
    """All that decides whether a subscriber gets mail."""

    address: SubscriberAddress
    consent: tuple[ConsentEntry, ...]
    subscriptions: tuple[DueSubscription, ...]  # live ones
    editions: tuple[EditionSummary, ...]  # the newest first
    arrivals: tuple[BatchArrival, ...]  # the newest first
    pause: DeliveryPause | None  # of all sending


def subscriber_timeline(
    tx: Connection, email: str, *, since: datetime
) -> SubscriberTimeline | None:
    """The story since a moment; None for an address that was never seen."""
    known = subscriptions.find_address(tx, email)
    if known is None:
        return None
    theirs = (
        select(edition)
        .join_from(edition, subscription)
        .join(address)
        .where(address.c.id == known.address_id, edition.c.composed_at >= since)
        .order_by(edition.c.composed_at.desc(), edition.c.id.desc())
    )
    looked = (
        select(batch).where(batch.c.collected_at >= since).order_by(batch.c.collected_at.desc())
    )
    return SubscriberTimeline(
        address=known,
        consent=tuple(subscriptions.consent_log(tx, email)),
        subscriptions=tuple(due_store.everyone(tx, email=email)),
        editions=tuple(
            EditionSummary(
                edition_id=row.id,
                subscription_id=row.subscription_id,
                local_date=row.local_date,
                state=row.state,
                composed_at=row.composed_at,
                attempts=row.attempts,
                settled_at=row.settled_at,
                next_attempt_at=row.next_attempt_at,
                code=row.code,
                reason=row.reason,
                papers=row.matched,
            )
            for row in tx.execute(theirs)
        ),
        arrivals=tuple(
            BatchArrival(
                source=row.source,
                collected_at=row.collected_at,
                verdict=row.verdict,
                new=row.new,
                listed=row.listed,
            )
            for row in tx.execute(looked)
        ),
        pause=paused(tx),
    )
