"""The publishing job: the profile files' subscriptions, and every digest that is due."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.publishing import publish as stage
from digest.pipeline.run_summary import Account, of_publish
from digest.pipeline.subscribers.sync_profiles import enrol


def publish(app: App, now: datetime) -> Account:
    """Makes the digests that are due now."""
    profiles = app.profiles()
    roster = enrol(app.store, profiles, now=now, keys=app.keys)
    made = stage.publish(app.store, now=now, message_domain=app.message_domain, tell=False)
    return of_publish(roster, profiles.errors, made)
