"""The tidying job: what a dead process left is settled."""

from datetime import datetime

from digest.app import App
from digest.pipeline import tidy as stage
from digest.pipeline.account import Account, of_tidy


def tidy(app: App, now: datetime) -> Account:
    """Gives the claims of dead processes back to the queue, and forgets old runs of the jobs."""
    return of_tidy(stage.tidy(app.store, now=now))
