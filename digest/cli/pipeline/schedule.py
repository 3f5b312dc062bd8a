"""`digest schedule`: runs the scheduler."""

import click

from digest.cli.context import CliContext
from digest.cli.root import Command


@click.command("schedule", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Run the scheduler: collect, enrich, publish, deliver and tidy by the clock, until stopped.

    It does the same work as `digest run`. `python -m jobs` is the same program.
    """
    from digest.logs import redactor
    from digest.scheduler.scheduler import run_scheduler
    from jobs.registry import FOLLOWERS, JOBS

    # The scheduler configures the rest of the logging from its settings.
    redactor.show_addresses = context.show_addresses
    run_scheduler(context.home_path()[0], jobs=JOBS, followers=FOLLOWERS)
