"""The tidying job: what a dead process left, what came back, and what is old."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline import maintenance
from digest.pipeline.run_summary import RunSummary, summarize_tidy


def tidy(app: App, now: datetime) -> RunSummary:
    """Gives the claims of dead processes back, reads bounces, removes what is old."""
    return summarize_tidy(maintenance.release_dead_claims(app.store, now=now), app.upkeep(now))
