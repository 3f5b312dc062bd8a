"""The `publish` job: applies the profile files, and makes the digests that are due."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.cancellation import STOPPED
from digest.pipeline.clock_check import check_clock
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.run_summary import RunSummary, summarize_publish
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from jobs.shards import defer_shards


def publish(app: App, now: datetime) -> RunSummary:
    """Makes the digests that are due now, or gives the work to the workers."""
    clock_warning = check_clock(app.store, now=now)
    profiles = app.load_profiles()
    changes = sync_profiles(
        app.store,
        profiles,
        now=now,
        keys=app.signing_keys,
        lists=app.lists,
        libraries=app.liked_libraries,
    )
    if app.settings.worker_shards:
        summary = summarize_publish(changes, profiles.errors, PublishReport())
        return defer_shards(app, "publish", summary).with_problem(clock_warning)
    report = app.publish(now=now, tell=False)
    summary = summarize_publish(changes, profiles.errors, report)
    stopped = STOPPED if report.stopped else ""
    return summary.with_problem(stopped).with_problem(clock_warning)
