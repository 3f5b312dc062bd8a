"""`digest run`: all stages, once."""

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes, progress
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.errors import UsageError


@click.command("run", cls=Command)
@click.option(
    "--demo",
    is_flag=True,
    help="Show two days with sample papers. Needs no settings and no network.",
)
@click.option("--dry-run", is_flag=True, help="Show what would happen. Nothing is changed or sent.")
@click.option(
    "--only",
    metavar="ADDRESS",
    help="Publish and deliver only for this address, and do not wait for its time.",
)
@click.pass_obj
def command(context: CliContext, *, demo: bool, dry_run: bool, only: str | None) -> None:
    """Collect, enrich, publish, deliver and tidy, once.

    Let cron run this command. Each stage stores its work, so the next run completes an interrupted
    one, and no digest is sent twice. On SIGTERM or Ctrl-C, it finishes the digests that it is making,
    or the messages that it is sending. On a second one, it ends at once.
    """
    if demo:
        from digest.cli.pipeline.demo import print_demo

        print_demo(context)
        return
    from digest.app.messages import alerts
    from digest.app.signals import stopping_on_signals
    from digest.pipeline.run import run
    from digest.pipeline.run_summary import summarize_run

    now = context.moment()
    with context.open_app() as app, stopping_on_signals(app.stop, code=exit_codes.PARTLY_FAILED):
        if dry_run:
            app.start_dry_run()
        else:
            # A missing setting is reported at once, not after minutes of collecting.
            app.require_delivery()
        # A dry run and a test for one address send no alert and end none.
        whole = not dry_run and only is None
        try:
            with progress.progress_line() as tell:
                report = run(app.run_dependencies(), now=now, only=only, progress=tell)
        except Exception as error:
            if whole:
                alerts.after_failure(app, error, now=now)
            raise
        if not dry_run:
            exit_codes.record_run(context, app, "run", began=now, summary=summarize_run(report))
        if whole and not report.stopped:
            alerts.after_run(app, report, now=now)
    if only and not report.published:
        raise UsageError(f"--only: {only} has no live subscription")
    context.emit(
        {**json_output.run(report), "dry_run": dry_run},
        context.masked(text_output.run(report, dry_run=dry_run)),
    )
    warnings = (report.clock_warning, report.published.model_problem, *report.source_warnings)
    for line in filter(None, warnings):
        context.warn(line)
    code = exit_codes.worst(
        exit_codes.exit_code_for_profiles(
            context, report.subscription_changes, report.profile_errors
        ),
        exit_codes.exit_code_for_batches(report.batches),
        exit_codes.exit_code_for_publishing(report.published),
        exit_codes.exit_code_for_delivery(report.delivery),
        exit_codes.exit_code_for_maintenance(report.maintenance),
        exit_codes.exit_code_for_run(report),
    )
    raise click.exceptions.Exit(code)
