"""`digest why-no-mail`: explains why a subscriber got mail, or got none."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import subscribers as subscriber_output
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import ProfileError, UsageError

if TYPE_CHECKING:
    from digest.core.subscribers.reader_day import DayFacts
    from digest.pipeline.profiles.stored_profiles import StoredProfiles
    from digest.store.reports.subscriber_timeline import SubscriberTimeline
    from digest.store.subscribers.due import DueSubscription

# The digest of today may have been made days ago, if the reader's time zone was changed.
_DAYS_OF_TODAYS_DIGEST = 3


@click.command("why-no-mail", cls=Command)
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    metavar="N",
    default=7,
    show_default=True,
    help="Show the last N days.",
)
@click.pass_obj
def command(context: CliContext, *, email: str, days: int) -> None:
    """Explain what was sent to a subscriber in the last days, and why something was not.

    \b
    JSON: {"email", "status", "answer": [sentences], "subscriptions": [{"name", "origin",
    "paused", "next_due", "now"}], "editions": [{"edition_id", "subscription_id", "local_date",
    "state", "composed_at", "attempts", "settled_at", "next_attempt_at", "code", "reason",
    "papers"}], "arrivals": [{"source", "collected_at", "verdict", "new", "listed"}],
    "consent": [{"at", "event", "origin", "detail"}], "pause"}
    """
    from digest.core.subscribers.reader_day import describe_day
    from digest.core.subscribers.reconcile import address_key
    from digest.pipeline.profiles import stored_profiles
    from digest.store.reports.subscriber_timeline import subscriber_timeline

    now = context.moment()
    with context.open_app() as app, app.store.read() as tx:
        from_day = now - timedelta(days=max(days, _DAYS_OF_TODAYS_DIGEST))
        timeline = subscriber_timeline(tx, email, since=from_day)
        stored = stored_profiles.read(
            tx,
            {item.subscription.profile_id for item in timeline.subscriptions} if timeline else (),
        )
        # Only for the error: there may be a profile file that no run has read yet.
        profiles = app.load_profiles() if timeline is None else None
    if timeline is None:
        files = profiles.files if profiles else ()
        unread = [item.path for item in files if address_key(item.email) == address_key(email)]
        raise UsageError(
            f"{email}: no run has read {unread[0]} yet; read it, and make what is due: digest run"
            if unread
            else f"{email}: no such subscriber; add a profile to profiles/, or run digest subscribers add"
        )
    since = now - timedelta(days=days)
    facts = [
        _facts(timeline, item, stored, now=now, arrivals_since=since)
        for item in timeline.subscriptions
    ]
    # `_facts` may have needed more days than the user asked for.
    timeline = replace(
        timeline,
        editions=tuple(item for item in timeline.editions if item.composed_at >= since),
        arrivals=tuple(item for item in timeline.arrivals if item.collected_at >= since),
    )
    answer = list(_answer(timeline, facts, now=now, days=days))
    context.emit(
        {
            "email": timeline.address.email,
            "status": timeline.address.status,
            "answer": answer,
            "subscriptions": [
                {
                    "name": item.subscription.name,
                    "origin": item.subscription.origin,
                    "paused": item.subscription.paused,
                    "next_due": item.state.next_due,
                    "now": describe_day(today),
                }
                for item, today in zip(timeline.subscriptions, facts, strict=True)
            ],
            "editions": [asdict(item) for item in timeline.editions],
            "arrivals": [asdict(item) for item in timeline.arrivals],
            "consent": [subscriber_output.consent_entry(item) for item in timeline.consent],
            "pause": asdict(timeline.pause) if timeline.pause else None,
        },
        answer,
    )


def _answer(
    timeline: "SubscriberTimeline", facts: Sequence["DayFacts"], *, now: datetime, days: int
) -> Iterator[str]:
    """Yields the sentences of the answer, the most important first.

    They are part of the JSON result too, so their wording must not change.

    Args:
        timeline: the subscriber, with the editions and batches of the last days.
        facts: of today, for each subscription of the timeline.
        now: the moment of the question.
        days: how many days the question is about.
    """
    from digest.core.models.subscribers import AddressStatus
    from digest.core.subscribers.reader_day import (
        DayFacts,
        describe_day,
        describe_edition,
        explain_days_without_digest,
    )

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
    timeline: "SubscriberTimeline",
    item: "DueSubscription",
    profiles: "StoredProfiles",
    *,
    now: datetime,
    arrivals_since: datetime,
) -> "DayFacts":
    """Collects the facts of today for a subscription."""
    from digest.core.subscribers.due_times import decide
    from digest.core.subscribers.reader_day import DayFacts

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
