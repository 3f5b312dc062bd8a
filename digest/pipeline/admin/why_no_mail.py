"""Explains what was sent to a reader in the last days, and why something was not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.due_times import decide
from digest.core.subscribers.reader_day import (
    DayFacts,
    describe_day,
    describe_edition,
    explain_days_without_digest,
)
from digest.core.text.plurals import count
from digest.errors import ProfileError
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.profiles.stored_profiles import StoredProfiles
from digest.store.database.store import Connection
from digest.store.reports.subscriber_timeline import SubscriberTimeline, subscriber_timeline
from digest.store.subscribers.due import DueSubscription

# The digest of today may have been made days ago, if the reader's time zone was changed.
_DAYS_OF_TODAYS_DIGEST = 3


class MailExplanation(Struct, frozen=True, kw_only=True):
    """What was sent to a reader, and why something was not."""

    timeline: SubscriberTimeline  # of the days in question
    facts: tuple[DayFacts, ...]  # of today, for each subscription of the timeline
    sentences: tuple[str, ...]  # the most important first


def explain_mail(tx: Connection, email: str, *, now: datetime, days: int) -> MailExplanation | None:
    """Returns the explanation for an address; None if it is unknown.

    Args:
        tx: A transaction.
        email: The address.
        now: The moment of the question.
        days: How many days the question is about.
    """
    from_day = now - timedelta(days=max(days, _DAYS_OF_TODAYS_DIGEST))
    timeline = subscriber_timeline(tx, email, since=from_day)
    if timeline is None:
        return None
    stored = stored_profiles.read(
        tx, {item.subscription.profile_id for item in timeline.subscriptions}
    )
    since = now - timedelta(days=days)
    facts = tuple(
        _facts(timeline, item, stored, now=now, arrivals_since=since)
        for item in timeline.subscriptions
    )
    # `_facts` may have needed more days than the user asked for.
    timeline = replace(
        timeline,
        editions=tuple(item for item in timeline.editions if item.composed_at >= since),
        arrivals=tuple(item for item in timeline.arrivals if item.collected_at >= since),
    )
    return MailExplanation(
        timeline=timeline,
        facts=facts,
        sentences=tuple(_answer(timeline, facts, now=now, days=days)),
    )


def _answer(
    timeline: SubscriberTimeline, facts: Sequence[DayFacts], *, now: datetime, days: int
) -> Iterator[str]:
    """Yields the sentences of the answer, the most important first.

    They are part of the JSON result too, so their wording must not change.

    Args:
        timeline: the subscriber, with the editions and batches of the last days.
        facts: of today, for each subscription of the timeline.
        now: the moment of the question.
        days: how many days the question is about.
    """
    status = timeline.address.status
    if status is not AddressStatus.ACTIVE:
        last = timeline.consent[-1] if timeline.consent else None
        since = f" since {timeline.address.changed_at:%Y-%m-%d %H:%M} UTC"
        why = f": {last.event} ({last.origin}) {last.detail}".rstrip() if last else ""
        yield f"{timeline.address.email} is {status}{since}, and gets no mail{why}."
    if not timeline.subscriptions:
        yield "It has no live subscription."
    names: dict[int, str] = {}
    facts_by_id: dict[int, DayFacts] = {}
    for item, today in zip(timeline.subscriptions, facts, strict=True):
        subscription = item.subscription
        names[subscription.subscription_id] = subscription.name
        facts_by_id[subscription.subscription_id] = today
        yield f"Subscription {subscription.name} ({subscription.origin}): {describe_day(today)}."
    if timeline.pause is not None and timeline.pause.until > now:
        yield (
            f"All sending is paused until {timeline.pause.until:%Y-%m-%d %H:%M} UTC: "
            f"{timeline.pause.reason}."
        )
    if not timeline.editions:
        yield f"No digest was made for it in the last {count(days, 'day')}."
        # For several subscriptions, the reason is usually the same.
        yield from dict.fromkeys(filter(None, map(explain_days_without_digest, facts)))
    # For editions of ended subscriptions, which are not sent any more.
    ended = DayFacts(now=now, status=AddressStatus.UNSUBSCRIBED)
    for edition in timeline.editions:
        which = names.get(edition.subscription_id, "an ended subscription")
        outcome = describe_edition(edition, facts_by_id.get(edition.subscription_id, ended))
        yield f"Digest of {edition.local_date} ({which}, number {edition.edition_id}): {outcome}."


def _facts(
    timeline: SubscriberTimeline,
    item: DueSubscription,
    profiles: StoredProfiles,
    *,
    now: datetime,
    arrivals_since: datetime,
) -> DayFacts:
    """Collects the facts of today for a subscription."""
    subscription = item.subscription
    facts = DayFacts(
        now=now,
        status=subscription.status,
        paused=subscription.paused,
        waiting=item.state.waiting_until is not None,
        sending_paused_until=timeline.pause.until if timeline.pause else None,
        unread=subscription.read_through < timeline.last_seq,
    )
    try:
        profile = profiles.of(subscription, file=subscription.name)
    except ProfileError as error:
        return replace(facts, profile_error=str(error))
    decision = decide(profile, item.state, now)
    # After a move to another time zone, the day that is used up may be a later one than today.
    day = decision.used_day or decision.date
    own_editions = [
        edition
        for edition in timeline.editions
        if edition.subscription_id == subscription.subscription_id
    ]
    # What came before the last digest was considered for that.
    last_made = own_editions[0].composed_at if own_editions else arrivals_since
    return replace(
        facts,
        decision=decision,
        edition=next((edition for edition in own_editions if edition.local_date == day), None),
        arrivals=tuple(
            arrival
            for arrival in timeline.arrivals
            if (profile.sources is None or arrival.source in profile.sources)
            and arrival.collected_at > max(last_made, arrivals_since)
        ),
    )
