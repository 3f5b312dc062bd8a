"""`digest webhook`: adds, lists, resumes and removes webhooks, and sends what is due."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Group
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store.access.webhooks import Webhook


@click.group("webhook", cls=Group)
def command() -> None:
    """Work on webhooks: add, list, send, resume, remove."""


@command.command("add")
@click.argument("url")
@click.option(
    "--events",
    metavar="EVENTS",
    multiple=True,
    required=True,
    help="What it is told, with commas: sent, bounced, subscribed, left.",
)
@click.pass_obj
def add(context: CliContext, *, url: str, events: tuple[str, ...]) -> None:
    """Add a webhook: an address on the public internet that is told what happens from now on.

    Its messages name readers by numbers. The secret with which they are signed is shown only now.

    \b
    JSON: {"id", "secret", "events": []}
    """
    from secrets import token_bytes

    from digest.core.access.webhooks import SECRET_BYTES
    from digest.pipeline.access import webhooks

    wanted = webhooks.parse_events(events)
    with context.open_app() as app:
        number, secret = webhooks.create(
            app.store,
            url=url,
            events=wanted,
            secret=token_bytes(SECRET_BYTES),
            now=context.moment(),
        )
    context.emit(
        {"id": number, "secret": secret, "events": [event.value for event in wanted]}, [secret]
    )
    stderr.info(f"keep the secret of webhook {number} now: nothing shows it again")


@command.command("list")
@click.pass_obj
def list_webhooks(context: CliContext) -> None:
    """List the webhooks, with what waits for them and what went wrong.

    \b
    JSON: {"webhooks": [{"id", "url", "events": [], "waiting", "failing_since", "problem",
    "disabled_at"}]}
    """
    from digest.store.access import webhooks

    with context.open_app() as app, app.store.read() as tx:
        found = webhooks.all_webhooks(tx)
        waiting = {item.webhook_id: webhooks.waiting(tx, item.webhook_id) for item in found}
    context.emit(
        {
            "webhooks": [
                {
                    "id": item.webhook_id,
                    "url": item.url,
                    "events": [event.value for event in item.events],
                    "waiting": waiting[item.webhook_id],
                    "failing_since": item.failing_since,
                    "problem": item.problem or None,
                    "disabled_at": item.disabled_at,
                }
                for item in found
            ]
        },
        _lines(found, waiting),
    )


@command.command("send")
@click.pass_obj
def send(context: CliContext) -> None:
    """Send the messages that are due, as `digest run` and the scheduler do.

    \b
    JSON: {"sent", "failed", "problems": []}
    """
    with context.open_app() as app:
        report = app.tell_webhooks(context.moment())
    context.emit(
        {"sent": report.sent, "failed": report.failed, "problems": list(report.problems)},
        [f"{count(report.sent, 'message')} sent", *report.problems],
    )
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if report.failed else exit_codes.DONE)


@command.command("resume")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def resume(context: CliContext, *, number: int) -> None:
    """Switch a webhook on again; what waits for it is sent at the next run.

    \b
    JSON: {"id"}
    """
    from digest.pipeline.access import webhooks

    with context.open_app() as app:
        if not webhooks.resume(app.store, number, now=context.moment()):
            raise _missing(number)
    context.emit({"id": number}, [f"webhook {number} is on"])


@command.command("remove")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def remove(context: CliContext, *, number: int) -> None:
    """Remove a webhook, with what waits for it.

    \b
    JSON: {"id"}
    """
    from digest.pipeline.access import webhooks

    with context.open_app() as app:
        if not webhooks.remove(app.store, number):
            raise _missing(number)
    context.emit({"id": number}, [f"webhook {number} was removed"])


def _missing(number: int) -> UsageError:
    return UsageError(f"there is no webhook {number}; `digest webhook list` shows all")


def _lines(found: Sequence["Webhook"], waiting: dict[int, int]) -> Iterator[str]:
    if not found:
        yield "no webhooks; to add one: digest webhook add URL --events sent,left"
    for item in found:
        events = ", ".join(item.events)
        yield f"{item.webhook_id}  {item.url}  {events}"
        if item.disabled_at:
            yield f"   switched off on {item.disabled_at:%Y-%m-%d}: {item.problem}"
        elif item.failing_since:
            yield f"   fails since {item.failing_since:%Y-%m-%d %H:%M} UTC: {item.problem}"
        if waiting[item.webhook_id]:
            yield f"   {count(waiting[item.webhook_id], 'message')} waiting"
