"""`digest why-no-mail`: explains why a subscriber got mail, or got none."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import subscribers as subscriber_output
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.core.text.plurals import count
from digest.errors import ProfileError, UsageError

if TYPE_CHECKING:
    from digest.store.reports.subscriber_timeline import EditionSummary, SubscriberTimeline
    from digest.store.subscribers.due import DueSubscription


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
    from digest.store.reports.subscriber_timeline import subscriber_timeline

    now = context.moment()
    with context.open_app() as app, app.store.read() as tx:
        timeline = subscriber_timeline(tx, email, since=now - timedelta(days=days))
    if timeline is None:
        raise UsageError(
            f"{email}: no such subscriber; add a profile to profiles/, or run digest subscribers add"
        )
    answer = list(_answer(timeline, now=now, days=days))
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
                    "now": _today(item, now),
                }
                for item in timeline.subscriptions
            ],
            "editions": [asdict(item) for item in timeline.editions],
            "arrivals": [asdict(item) for item in timeline.arrivals],
            "consent": [subscriber_output.consent_entry(item) for item in timeline.consent],
            "pause": asdict(timeline.pause) if timeline.pause else None,
        },
        answer,
    )


def _answer(timeline: "SubscriberTimeline", *, now: datetime, days: int) -> Iterator[str]:
    """Yields the sentences of the answer, the most important first.

    They are part of the JSON result too, so their wording must not change.
    """
    status = timeline.address.status
    if status is not AddressStatus.ACTIVE:
        last = timeline.consent[-1] if timeline.consent else None
        since = f" since {timeline.address.changed_at:%Y-%m-%d %H:%M} UTC"
        why = f": {last.event} ({last.origin}) {last.detail}".rstrip() if last else ""
        yield f"{timeline.address.email} is {status}{since}, and gets no mail{why}."
    if not timeline.subscriptions:
        yield "It has no live subscription."
    for item in timeline.subscriptions:
        subscription = item.subscription
        yield f"Subscription {subscription.name} ({subscription.origin}): {_today(item, now)}."
    if timeline.pause is not None and timeline.pause.until > now:
        yield (
            f"All sending is paused until {timeline.pause.until:%Y-%m-%d %H:%M} UTC: "
            f"{timeline.pause.reason}."
        )
    span = count(days, "day")
    if not timeline.editions:
        yield f"No digest was made for it in the last {span}."
        yield from _why_none(timeline)
    names = {
        item.subscription.subscription_id: item.subscription.name for item in timeline.subscriptions
    }
    for edition in timeline.editions:
        which = names.get(edition.subscription_id, "an ended subscription")
        yield f"Digest of {edition.local_date} ({which}, number {edition.edition_id}): {_outcome(edition)}."


def _today(item: "DueSubscription", now: datetime) -> str:
    """Says whether the subscription is due now, and if not, why."""
    from digest.config.profiles import loader as profile_loader
    from digest.core.subscribers.due_times import decide

    subscription = item.subscription
    if subscription.paused:
        return "paused; to end that: digest subscribers resume"
    try:
        profile = profile_loader.parse(subscription.profile_text, file=subscription.name).profile
    except ProfileError as error:
        return f"its profile cannot be read: {error}"
    decision = decide(profile, item.state, now)
    if decision.catch_up:
        return "due now: no run came within the hours of its last digest, and the next run makes up"
    if not decision.due:
        return f"not now: {decision.reason}; {text_output.next_run_hint(decision.next_due)}"
    waiting = item.state.waiting_until is not None and not decision.deadline_passed(now)
    nothing_yet = "nothing had come for it yet, and the next run that brings something makes it"
    return f"due today: {nothing_yet if waiting else 'the next run makes it'}"


def _why_none(timeline: "SubscriberTimeline") -> Iterator[str]:
    """Explains by the batches of the sources why there was no digest."""
    if not timeline.arrivals:
        yield "Nothing was collected in that time: digest status shows the sources."
        return
    new = sum(item.new + item.listed for item in timeline.arrivals)
    if not new:
        last = timeline.arrivals[0]
        yield f"The sources had nothing new; the last look ({last.source}): {last.verdict}."
    else:
        yield (
            f"The sources had {count(new, 'new paper')}; none reached its min_match, or its"
            " hour has not come: digest profile volume shows what the profile would bring."
        )


def _outcome(edition: "EditionSummary") -> str:
    at = f"{edition.settled_at:%Y-%m-%d %H:%M} UTC" if edition.settled_at else ""
    reason = f": {edition.reason}" if edition.reason else ""
    papers = count(edition.papers, "paper")
    match edition.state:
        case EditionState.SENT:
            return f"{papers}, sent {at}; the server said{reason or ' nothing'}. If it is not in the mailbox, look among the spam"
        case EditionState.QUEUED:
            return f"{papers}, queued since {edition.composed_at:%Y-%m-%d %H:%M} UTC{reason}; the next run sends it"
        case EditionState.DEFERRED:
            return (
                f"deferred after {count(edition.attempts, 'attempt')}, {at}{reason}; tried"
                f" again from {edition.next_attempt_at:%Y-%m-%d %H:%M} UTC"
            )
        case EditionState.IN_DOUBT:
            return f"in doubt, {at}{reason}; it may have arrived"
        case EditionState.CLAIMED:
            return "being sent right now"
        case _:
            return f"{edition.state}, {at}{reason}"
