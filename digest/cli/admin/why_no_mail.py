"""`digest why-no-mail`: explains why a subscriber got mail, or got none."""

import click
from msgspec.structs import asdict

from digest.cli.context import CliContext
from digest.cli.output import subscribers as subscriber_output
from digest.cli.root import Command
from digest.errors import UsageError


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
    from digest.pipeline.admin.why_no_mail import explain_mail

    now = context.moment()
    with context.open_app() as app:
        with app.store.read() as tx:
            found = explain_mail(tx, email, now=now, days=days)
        # Only for the error: there may be a profile file that no run has read yet.
        profiles = app.load_profiles() if found is None else None
    if found is None:
        files = profiles.files if profiles else ()
        unread = [item.path for item in files if address_key(item.email) == address_key(email)]
        raise UsageError(
            f"{email}: no run has read {unread[0]} yet; read it, and make what is due: digest run"
            if unread
            else f"{email}: no such subscriber; add a profile to profiles/, or run digest subscribers add"
        )
    timeline, facts, answer = found.timeline, found.facts, list(found.sentences)
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
