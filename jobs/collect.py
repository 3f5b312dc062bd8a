"""The collecting job: every source, once."""

from datetime import datetime

from digest.app import App
from digest.core.model import BatchReport
from digest.pipeline import collect as stage


def collect(app: App, now: datetime) -> tuple[BatchReport, ...]:
    """Reads what the sources have now; returns a report for each batch."""
    return stage.collect(app.store, app.sources(), now=now)
