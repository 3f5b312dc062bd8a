"""The tidying job: what a dead process left, what came back, and what is old."""

from datetime import datetime

from digest.app import App
from digest.pipeline import tidy as stage
from jobs.outcome import Outcome


def tidy(app: App, now: datetime) -> Outcome:
    """Gives the claims of dead processes back to the queue, reads bounces, removes what is old."""
    claims = stage.tidy(app.store, now=now)
    done = app.upkeep(now)
    return Outcome(
        done=f"{claims} claims given back, {len(done.read)} bounces read", problems=done.problems
    )
