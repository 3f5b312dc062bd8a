"""The `tidy` job: cleans up after killed runs, reads bounces, removes old data."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline import maintenance
from digest.pipeline.run_summary import RunSummary, summarize_tidy


def tidy(app: App, now: datetime) -> RunSummary:
    """Releases the claims of killed runs, reads the bounce mailbox, removes old data."""
    return summarize_tidy(maintenance.release_dead_claims(app.store, now=now), app.maintain(now))
