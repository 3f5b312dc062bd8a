"""Runs one shard of publish or deliver on a worker."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from digest.app.application import App
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.logs import get_logger
from digest.pipeline.cancellation import StopToken
from digest.pipeline.editions.shards import Shard
from digest.pipeline.run import deliver_queued
from digest.pipeline.run_summary import RunSummary, summarize_deliver, summarize_publish
from digest.workers.job_queue import Stage, defer

_log = get_logger("digest.workers")


class ShardStopped(Exception):  # noqa: N818 - not an error: the worker was asked to stop
    """The worker was asked to stop; the shard has to be continued by another one."""


class ShardRunner:
    """Runs the shards that a worker takes from the queue.

    Each shard opens the home again, so that changed settings are used.

    Args:
        home: the home folder.
        environ: the environment variables.
        clock: returns the current time.
        stop: stops the shard that is running.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
        stop: StopToken,
    ) -> None:
        self._home = home
        self._environ = environ
        self._clock = clock
        self._stop = stop

    def run(self, stage: Stage, shard: int, shards: int) -> None:
        """Runs one shard.

        Args:
            stage: what to do.
            shard: the number of the shard, from 0.
            shards: the number of shards.

        Raises:
            ShardStopped: the worker was asked to stop before the shard was done.
            DigestError: the shard could not be run.
        """
        started_at = self._clock()
        with App.open(self._home, environ=self._environ) as app:
            app.stop = self._stop
            if stage == "publish":
                summary = _publish(app, Shard(number=shard, of=shards), started_at)
                if summary.items:
                    # Editions are sent as soon as they are made, not at the next run. One shard
                    # for each that made some: a shard of deliver sends whatever waits.
                    defer(app.store, "deliver", shards=shards, only=shard)
            else:
                summary = _deliver(app, started_at)
            if summary.items or summary.problems:
                app.record_run(
                    f"{stage} on a worker",
                    started_at=started_at,
                    finished_at=self._clock(),
                    summary=summary,
                )
        name = f"{stage} {shard + 1}/{shards}"
        _log.info("shard", job=stage, text=f"{name}: {summary.headline}")
        for problem in summary.problems:
            _log.warning("problem", job=stage, text=f"{name}: {problem}")
        # After the record: what was done until the stop is kept, and the rest is another worker's.
        if self._stop.requested:
            raise ShardStopped


def _publish(app: App, shard: Shard, now: datetime) -> RunSummary:
    # One process: `DIGEST_WORKER_SHARDS` and the number of workers say how many work at once.
    report = app.publish(now=now, tell=False, processes=1, shard=shard)
    return summarize_publish(SubscriptionChanges(), (), report)


def _deliver(app: App, now: datetime) -> RunSummary:
    # No shard is needed here: each process claims editions that no other one has claimed.
    parts = app.run_dependencies()
    if app.settings.render_processes is None:
        # Without this, each worker of a machine would start rendering processes for all its cores.
        parts = replace(parts, open_processes=None)
    return summarize_deliver(deliver_queued(parts, now=now))
