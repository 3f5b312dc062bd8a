"""The delivering job: what is queued, and what is due to be tried again."""

from datetime import datetime

from digest.app import App
from digest.pipeline import deliver as stage
from digest.pipeline.deliver import DeliveryReport


def deliver(app: App, now: datetime) -> DeliveryReport:
    """Sends what can be sent now; returns what became of each letter."""
    parts = app.parts()
    return stage.deliver(
        parts.store, connect=parts.connect, write=parts.write, now=now, jitter=parts.jitter
    )
