"""Gives a stage to the workers, shard by shard."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.app.application import App
from digest.core.text.plurals import count
from digest.pipeline.run_summary import RunSummary

if TYPE_CHECKING:
    from digest.workers.job_queue import Stage


def defer_shards(app: App, stage: "Stage", summary: RunSummary) -> RunSummary:
    """Puts the shards of a stage in the queue of the workers.

    Args:
        app: the program.
        stage: the stage.
        summary: what the scheduler itself did.

    Returns:
        The summary with what was put in the queue, or with the reason why it could not be.
    """
    if not app.settings.database_url.startswith("postgres"):
        return summary.with_problem(
            "DIGEST_WORKER_SHARDS: workers need PostgreSQL; unset it, or change DIGEST_DATABASE"
        )
    try:
        # The extra `workers` is imported only where workers are used.
        from digest.workers.job_queue import defer
    except ModuleNotFoundError as error:
        return summary.with_problem(
            f"DIGEST_WORKER_SHARDS: the package {error.name} is missing:"
            " pip install 'paper-digest[workers]'"
        )
    shards = app.settings.worker_shards
    added = defer(app.store, stage, shards=shards)
    waiting = f", {count(shards - added, 'shard')} waited already" if added < shards else ""
    return replace(summary, headline=f"{count(added, 'shard')} given to the workers{waiting}")
