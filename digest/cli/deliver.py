"""The `deliver` command."""

import click

from digest.cli import results, stages, words
from digest.cli.call import Call
from digest.cli.group import Command


@click.command("deliver", cls=Command)
@click.option("--only", metavar="ADDRESS", help="For this address alone.")
@click.pass_obj
def command(call: Call, *, only: str | None) -> None:
    """Send what is queued, and what is due to be tried again.

    \b
    JSON: {"sent", "deferred", "refused", "in_doubt", "recovered", "problem",
    "letters": [{"edition", "email", "outcome", "reason"}]}
    """
    from digest.pipeline.deliver import deliver

    with call.app() as app:
        app.require_delivery()
        parts = app.parts()
        report = deliver(
            parts.store,
            connect=parts.connect,
            write=parts.write,
            now=call.moment(),
            jitter=parts.jitter,
            only=only,
        )
    call.emit(results.delivery(report), words.delivery(report))
    raise click.exceptions.Exit(stages.of_delivery(report))
