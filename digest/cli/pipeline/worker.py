"""`digest worker`: runs shards of publish and deliver for the scheduler."""

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.errors import UsageError


@click.command("worker", cls=Command)
@click.option("--drain", is_flag=True, help="End when no shard is waiting or running.")
@click.pass_obj
def command(context: CliContext, *, drain: bool) -> None:
    """Make and send digests for the scheduler, until stopped. Start as many as you want.

    Needs PostgreSQL, the extra `workers`, and DIGEST_WORKER_SHARDS in the settings of the scheduler.
    """
    from digest.logs import redactor

    try:
        from digest.workers.worker import run_worker
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the package {error.name} is missing: pip install 'paper-digest[workers]'"
        ) from None
    # The worker configures the rest of the logging from its settings.
    redactor.show_addresses = context.show_addresses
    run_worker(context.home_path()[0], drain=drain)
