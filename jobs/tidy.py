"""The tidying job: what a dead process left is settled."""

from datetime import datetime

from digest.app import App
from digest.pipeline import tidy as stage


def tidy(app: App, now: datetime) -> int:
    """Gives the claims of dead processes back to the queue; returns how many."""
    del now
    return stage.tidy(app.store)
