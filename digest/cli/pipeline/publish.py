"""The `publish` command."""

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command


@click.command("publish", cls=Command)
@click.option(
    "--only", metavar="ADDRESS", help="For this address alone, without waiting for its hour."
)
@click.pass_obj
def command(call: CliContext, *, only: str | None) -> None:
    """Make the digests that are due, ready to be delivered.

    \b
    JSON: {"published": [{"email", "subscription", "local_date", "edition",
    "considered", "papers", "reason", "next_due"}]}
    """
    from digest.pipeline.publishing.publish import publish
    from digest.pipeline.run_summary import summarize_publish
    from digest.pipeline.subscribers.sync_profiles import sync_profiles

    now = call.moment()
    with call.app() as app:
        profiles = app.profiles()
        changes = sync_profiles(app.store, profiles, now=now, keys=app.keys)
        made = publish(app.store, now=now, message_domain=app.message_domain, only=only)
        account = summarize_publish(changes, profiles.errors, made)
        exit_codes.keep(call, app, "publish", began=now, account=account)
    call.emit(json_output.published(made), call.shown(text_output.published(made)))
    code = exit_codes.worst(
        exit_codes.exit_code_for_profiles(call, changes, profiles.errors),
        exit_codes.exit_code_for_publishing(made),
    )
    raise click.exceptions.Exit(code)
