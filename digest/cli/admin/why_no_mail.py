"""The `why-no-mail` command."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
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
    default=7,
    show_default=True,
    help="How far to look back.",
)
@click.pass_obj
def command(call: CliContext, *, email: str, days: int) -> None:
    """Tell one subscriber's last days: what was sent, what was not, and why.

    \b
    JSON: {"email", "status", "answer": [sentences], "subscriptions": [{"name", "origin",
    "paused", "next_due", "now"}], "editions": [{"edition_id", "subscription_id", "local_date",
    "state", "composed_at", "attempts", "settled_at", "next_attempt_at", "code", "reason",
    "papers"}], "arrivals": [{"source", "collected_at", "verdict", "new", "listed"}],
    "consent": [{"at", "event", "origin", "detail"}], "pause"}
    """
    from digest.store.reports.subscriber_timeline import subscriber_timeline

    now = call.moment()
    with call.app() as app, app.store.read() as tx:
        told = subscriber_timeline(tx, email, since=now - timedelta(days=days))
    if told is None:
        raise UsageError(
            f"{email}: no such subscriber; add a profile to profiles/, or: digest subscribers add"
        )
    answer = list(_answer(told, now=now, days=days))
    call.emit(
        {
            "email": told.address.email,
            "status": told.address.status,
            "answer": answer,
            "subscriptions": [
                {
                    "name": item.subscription.name,
                    "origin": item.subscription.origin,
                    "paused": item.subscription.paused,
                    "next_due": item.known.next_due,
                    "now": _day(item, now),
                }
                for item in told.subscriptions
            ],
            "editions": [asdict(item) for item in told.editions],
            "arrivals": [asdict(item) for item in told.arrivals],
            "consent": [asdict(item) for item in told.consent],
            "pause": asdict(told.pause) if told.pause else None,
        },
        answer,
    )


def _answer(told: "SubscriberTimeline", *, now: datetime, days: int) -> Iterator[str]:
    """The story, the most decisive things first."""
    status = told.address.status
    if status is not AddressStatus.ACTIVE:
        last = told.consent[-1] if told.consent else None
        since = f" since {told.address.changed_at:%Y-%m-%d %H:%M} UTC"
        why = f": {last.event} ({last.origin}) {last.detail}".rstrip() if last else ""
        yield f"{told.address.email} is {status}{since}, and gets no mail{why}."
    if not told.subscriptions:
        yield "It has no live subscription."
    for item in told.subscriptions:
        mine = item.subscription
        yield f"Subscription {mine.name} ({mine.origin}): {_day(item, now)}."
    if told.pause is not None and told.pause.until > now:
        yield (
            f"All sending is paused until {told.pause.until:%Y-%m-%d %H:%M} UTC: "
            f"{told.pause.reason}."
        )
    span = count(days, "day")
    if not told.editions:
        yield f"No digest was made for it in the last {span}."
        yield from _why_none(told)
    names = {
        item.subscription.subscription_id: item.subscription.name for item in told.subscriptions
    }
    for edition in told.editions:
        which = names.get(edition.subscription_id, "an ended subscription")
        yield f"Digest of {edition.local_date} ({which}, number {edition.edition_id}): {_fate(edition)}."


def _day(item: "DueSubscription", now: datetime) -> str:
    """What holds for the subscription at this moment."""
    from digest.config.profiles import loader as profile_loader
    from digest.core.subscribers.due_times import decide

    subscription = item.subscription
    if subscription.paused:
        return "paused; to end that: digest subscribers resume"
    try:
        profile = profile_loader.parse(subscription.profile_text, file=subscription.name).profile
    except ProfileError as error:
        return f"its profile cannot be read: {error}"
    called = decide(profile, item.known, now)
    if called.catch_up:
        return "due now: no run came within the hours of its last digest, and the next run makes up"
    if not called.due:
        return f"not now: {called.reason}; {text_output.after(called.next_due)}"
    waits = item.known.waiting_until is not None and not called.out_of_patience(now)
    nothing_yet = "nothing had come for it yet, and the next run that brings something makes it"
    return f"due today: {nothing_yet if waits else 'the next run makes it'}"


def _why_none(told: "SubscriberTimeline") -> Iterator[str]:
    """What the sources had, if there was no digest at all."""
    if not told.arrivals:
        yield "Nothing was collected in that time: digest status shows the sources."
        return
    found = sum(item.new + item.listed for item in told.arrivals)
    if not found:
        last = told.arrivals[0]
        yield f"The sources had nothing new; the last look ({last.source}): {last.verdict}."
    else:
        yield (
            f"The sources had {count(found, 'new paper')}; none reached its min_match, or its"
            " hour has not come: digest profile volume shows what the profile would bring."
        )


def _fate(edition: "EditionSummary") -> str:
    at = f"{edition.settled_at:%Y-%m-%d %H:%M} UTC" if edition.settled_at else ""
    said = f": {edition.reason}" if edition.reason else ""
    papers = count(edition.papers, "paper")
    match edition.state:
        case EditionState.SENT:
            return f"{papers}, sent {at}; the server said{said or ' nothing'}. If it is not in the mailbox, look among the spam"
        case EditionState.QUEUED:
            return f"{papers}, queued since {edition.composed_at:%Y-%m-%d %H:%M} UTC{said}; the next run sends it"
        case EditionState.DEFERRED:
            return (
                f"deferred after {count(edition.attempts, 'attempt')}, {at}{said}; tried"
                f" again from {edition.next_attempt_at:%Y-%m-%d %H:%M} UTC"
            )
        case EditionState.IN_DOUBT:
            return f"in doubt, {at}{said}; it may have arrived"
        case EditionState.CLAIMED:
            return "being sent right now"
        case _:
            return f"{edition.state}, {at}{said}"
