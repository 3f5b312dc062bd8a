"""The `deliver` job: sends the queued editions, and those that are due for another attempt."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.clock_check import check_clock
from digest.pipeline.run import deliver_queued
from digest.pipeline.run_summary import RunSummary, summarize_deliver
from jobs.shards import defer_shards


def deliver(app: App, now: datetime) -> RunSummary:
    """Sends what can be sent now, or gives the work to the workers."""
    clock_warning = check_clock(app.store, now=now)
    if app.settings.worker_shards:
        return defer_shards(app, "deliver", RunSummary(headline="")).with_problem(clock_warning)
    report = deliver_queued(app.run_dependencies(), now=now)
    return summarize_deliver(report).with_problem(clock_warning)
