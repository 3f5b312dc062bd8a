"""The tidying job: what a dead process left is settled."""

from datetime import datetime

from digest.app import App
from digest.pipeline import tidy as stage
from jobs.outcome import Outcome


def tidy(app: App, now: datetime) -> Outcome:
    """Gives the claims of dead processes back to the queue."""
    return Outcome(done=f"{stage.tidy(app.store, now=now)} claims given back")
