"""The delivering job: what is queued, and what is due to be tried again."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.delivery import deliver as stage
from digest.pipeline.run_summary import RunSummary, summarize_deliver


def deliver(app: App, now: datetime) -> RunSummary:
    """Sends what can be sent now."""
    parts = app.parts()
    report = stage.deliver(
        parts.store,
        connect=parts.connect,
        write=parts.write,
        now=now,
        time=parts.time,
        manner=parts.manner,
    )
    return summarize_deliver(report)
