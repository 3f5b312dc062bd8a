"""The delivering job: what is queued, and what is due to be tried again."""

from datetime import datetime

from digest.app import App
from digest.core.model import Sent
from digest.pipeline import deliver as stage
from jobs.outcome import Outcome


def deliver(app: App, now: datetime) -> Outcome:
    """Sends what can be sent now."""
    parts = app.parts()
    report = stage.deliver(
        parts.store, connect=parts.connect, write=parts.write, now=now, jitter=parts.jitter
    )
    failed = (
        f"{item.email}: {item.outcome.reason}"
        for item in report.delivered
        if not isinstance(item.outcome, Sent)
    )
    return Outcome(
        done=f"{report.count(Sent)} sent", problems=(*failed, *filter(None, [report.problem]))
    )
