"""Collects what explains the mail of one subscriber: consent, subscriptions, editions, batches."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, select

from digest.core.subscribers.reader_day import BatchArrival, EditionSummary
from digest.store.database.schema import address, batch, edition, profile, subscription
from digest.store.editions.delivery_pause import DeliveryPause, current_pause
from digest.store.papers import announcements
from digest.store.subscribers import due as due_store
from digest.store.subscribers import subscriptions
from digest.store.subscribers.consent import ConsentEntry
from digest.store.subscribers.due import DueSubscription
from digest.store.subscribers.subscriptions import SubscriberAddress


class SubscriberTimeline(Struct, frozen=True, kw_only=True):
    """Everything that decides whether a subscriber gets mail."""

    address: SubscriberAddress
    consent: tuple[ConsentEntry, ...]  # oldest first
    subscriptions: tuple[DueSubscription, ...]  # live subscriptions
    editions: tuple[EditionSummary, ...]  # newest first
    arrivals: tuple[BatchArrival, ...]  # newest first
    pause: DeliveryPause | None  # of all deliveries
    last_seq: int  # sequence number of the last announcement


def subscriber_timeline(
    tx: Connection, email: str, *, since: datetime
) -> SubscriberTimeline | None:
    """Returns the timeline of an address; None for an unknown address.

    Args:
        tx: Transaction.
        email: Address of the subscriber.
        since: Only editions and batches from this moment on.
    """
    subscriber = subscriptions.find_address(tx, email)
    if subscriber is None:
        return None
    editions = (
        select(edition, profile.c.deliver_to)
        .join_from(edition, subscription)
        .join(address)
        .outerjoin(profile, profile.c.id == subscription.c.profile_id)
        .where(address.c.id == subscriber.address_id, edition.c.composed_at >= since)
        .order_by(edition.c.composed_at.desc(), edition.c.id.desc())
    )
    batches = (
        select(batch).where(batch.c.collected_at >= since).order_by(batch.c.collected_at.desc())
    )
    return SubscriberTimeline(
        address=subscriber,
        consent=tuple(subscriptions.consent_log(tx, email)),
        subscriptions=tuple(due_store.all_live(tx, email=email)),
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
                channel=row.deliver_to,
            )
            for row in tx.execute(editions)
        ),
        arrivals=tuple(
            BatchArrival(
                source=row.source,
                collected_at=row.collected_at,
                verdict=row.verdict,
                new=row.new,
                listed=row.listed,
            )
            for row in tx.execute(batches)
        ),
        pause=current_pause(tx),
        last_seq=announcements.last_seq(tx),
    )
