"""The publishing job: the profile files' subscriptions, and every digest that is due."""

from datetime import datetime

from digest.app import App
from digest.pipeline import publish as stage
from digest.pipeline.enrol import enrol
from digest.pipeline.publish import Published


def publish(app: App, now: datetime) -> tuple[Published, ...]:
    """Makes the digests that are due now; returns what was decided for each subscription."""
    enrol(app.store, app.profiles(), now=now)
    return stage.publish(app.store, now=now, message_domain=app.message_domain)
