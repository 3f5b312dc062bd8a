"""The `schedule` command."""

import click

from digest.cli.context import CliContext
from digest.cli.root import Command


@click.command("schedule", cls=Command)
@click.pass_obj
def command(call: CliContext) -> None:
    """Run by itself: collect, publish, deliver and tidy on a clock, until stopped.

    The same as `python -m jobs`, and the same work as `digest run`.
    """
    from digest.logs import redactor
    from digest.scheduler.scheduler import run_scheduler
    from jobs.registry import FOLLOWERS, JOBS

    redactor.addresses = call.show_addresses
    run_scheduler(call.home_path()[0], jobs=JOBS, followers=FOLLOWERS)
