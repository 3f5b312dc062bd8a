"""The `publish` command."""

import click

from digest.cli import results, stages, words
from digest.cli.call import Call
from digest.cli.group import Command


@click.command("publish", cls=Command)
@click.option(
    "--only", metavar="ADDRESS", help="For this address alone, without waiting for its hour."
)
@click.pass_obj
def command(call: Call, *, only: str | None) -> None:
    """Make the digests that are due, ready to be delivered.

    \b
    JSON: {"published": [{"email", "subscription", "local_date", "edition",
    "considered", "papers", "reason", "next_due"}]}
    """
    from digest.pipeline.publishing.publish import publish
    from digest.pipeline.run_summary import of_publish
    from digest.pipeline.subscribers.sync_profiles import enrol

    now = call.moment()
    with call.app() as app:
        profiles = app.profiles()
        changes = enrol(app.store, profiles, now=now, keys=app.keys)
        made = publish(app.store, now=now, message_domain=app.message_domain, only=only)
        account = of_publish(changes, profiles.errors, made)
        stages.keep(call, app, "publish", began=now, account=account)
    call.emit(results.published(made), call.shown(words.published(made)))
    code = stages.worst(
        stages.of_profiles(call, changes, profiles.errors), stages.of_publishing(made)
    )
    raise click.exceptions.Exit(code)
