"""The publishing job: the profile files' subscriptions, and every digest that is due."""

from datetime import datetime

from digest.app import App
from digest.pipeline import publish as stage
from digest.pipeline.enrol import enrol
from digest.pipeline.publish import Published
from jobs.outcome import Outcome


def publish(app: App, now: datetime) -> Outcome:
    """Makes the digests that are due now."""
    profiles = app.profiles()
    roster = enrol(app.store, profiles, now=now, keys=app.keys)
    made = stage.publish(app.store, now=now, message_domain=app.message_domain, tell=False)
    return Outcome(
        done=f"{sum(item.edition_id is not None for item in made)} digests made",
        problems=(*roster.warnings, *map(str, profiles.errors), *_unreadable(made)),
    )


def _unreadable(made: tuple[Published, ...]) -> tuple[str, ...]:
    return tuple(f"{item.email}: {item.reason}" for item in made if item.failed)
