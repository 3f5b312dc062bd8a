"""`digest publish`: makes the digests that are due."""

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command


@click.command("publish", cls=Command)
@click.option(
    "--only",
    metavar="ADDRESS",
    help="Make a digest only for this address, and do not wait for its time.",
)
@click.pass_obj
def command(context: CliContext, *, only: str | None) -> None:
    """Make the digests that are due, and queue them.

    On SIGTERM or Ctrl-C, it finishes the digests that it is making, at most 2,000 at a time; the next
    run makes the others. On a second one, it ends at once.

    \b
    JSON: {"published": [{"email", "subscription", "local_date", "edition",
    "considered", "papers", "reason", "next_due"}]}

    Of more than 1,000 subscriptions, "published" has the first 1,000 and those that failed, and
    "subscriptions" and "made" are how many there are.
    """
    from digest.app.signals import stopping_on_signals
    from digest.pipeline.cancellation import STOPPED
    from digest.pipeline.clock_check import check_clock
    from digest.pipeline.run_summary import summarize_publish
    from digest.pipeline.subscribers.sync_profiles import sync_profiles

    now = context.moment()
    with context.open_app() as app, stopping_on_signals(app.stop, code=exit_codes.PARTLY_FAILED):
        profiles = app.load_profiles()
        # Before digests are made: if the clock was wrong, all readers are checked again.
        clock_warning = check_clock(app.store, now=now)
        changes = sync_profiles(
            app.store,
            profiles,
            now=now,
            keys=app.signing_keys,
            lists=app.lists,
            libraries=app.liked_libraries,
        )
        results = app.publish(now=now, only=only)
        stopped = STOPPED if results.stopped else ""
        summary = summarize_publish(changes, profiles.errors, results)
        summary = summary.with_problem(stopped).with_problem(clock_warning)
        exit_codes.record_run(context, app, "publish", began=now, summary=summary)
    for line in filter(None, (clock_warning, results.model_problem)):
        context.warn(line)
    context.emit(json_output.published(results), context.masked(text_output.published(results)))
    code = exit_codes.worst(
        exit_codes.exit_code_for_profiles(context, changes, profiles.errors),
        exit_codes.exit_code_for_publishing(results),
        exit_codes.exit_code_for_stop(stopped),
    )
    raise click.exceptions.Exit(code)
