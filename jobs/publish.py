"""The `publish` job: applies the profile files, and makes the digests that are due."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.clock_check import check_clock
from digest.pipeline.publishing import publish as stage
from digest.pipeline.run_summary import RunSummary, summarize_publish
from digest.pipeline.subscribers.sync_profiles import sync_profiles


def publish(app: App, now: datetime) -> RunSummary:
    """Makes the digests that are due now."""
    clock_warning = check_clock(app.store, now=now)
    profiles = app.load_profiles()
    changes = sync_profiles(app.store, profiles, now=now, keys=app.signing_keys)
    results = stage.publish(
        app.store,
        now=now,
        message_domain=app.message_domain,
        tell=False,
        models=app.ranking_models,
    )
    return summarize_publish(changes, profiles.errors, results).with_problem(clock_warning)
