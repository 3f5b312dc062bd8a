"""`digest enrich`: looks up the papers behind titles without links."""

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command


@click.command("enrich", cls=Command)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Ask the services and show what they found. Nothing is stored.",
)
@click.pass_obj
def command(context: CliContext, *, dry_run: bool) -> None:
    """Look up the papers behind titles without links, such as those of dumps.

    The services of DIGEST_ENRICH are asked, for at most DIGEST_ENRICH_BUDGET seconds. What was not
    reached is left to the next run.

    \b
    JSON: {"enriched": {"found", "waiting", "services": [{"service", "requests", "asked", "found",
    "described", "problem"}]}, "dry_run"}
    """
    from digest.app.signals import stopping_on_signals
    from digest.pipeline.enrichment.enrich import enrich
    from digest.pipeline.run_summary import summarize_enrich

    now = context.moment()
    with context.open_app() as app, stopping_on_signals(app.stop, code=exit_codes.PARTLY_FAILED):
        if dry_run:
            app.start_dry_run()
        report = enrich(app.store, app.lookup_services, now=now, options=app.enrich_options)
        if not dry_run:
            summary = summarize_enrich(report)
            exit_codes.record_run(context, app, "enrich", began=now, summary=summary)
    context.emit(
        {"enriched": json_output.enriched(report), "dry_run": dry_run},
        text_output.enriched(report, off=not app.settings.lookup_services),
    )
    for line in report.problems:
        context.warn(line)
