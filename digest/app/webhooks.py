"""Sends the messages of webhooks, for the stage "tidy" and for a job of its own."""

import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from digest.version import __version__

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.pipeline.access.webhooks import WebhookReport

BUDGET = 60.0  # seconds for all webhooks of one run


def tell_webhooks(app: "App", now: datetime) -> "WebhookReport":
    """Tells the webhooks of a home what happened.

    Args:
        app: the program, opened on the home.
        now: the current time.
    """
    from digest.pipeline.access import webhooks
    from digest.store.access.webhooks import all_webhooks

    with app.store.read() as tx:
        if not all_webhooks(tx):
            return webhooks.WebhookReport()
    # Imported here: most homes have no webhooks, and this loads an HTTP client.
    from digest.sources.http.client import user_agent
    from digest.sources.http.post import post

    sending = webhooks.Sending(
        post=partial(
            post, user_agent=user_agent(__version__, contact=app.contact), clock=time.monotonic
        ),
        clock=time.monotonic,
        budget=BUDGET,
        stopped=lambda: app.stop.requested,
    )
    return webhooks.send_due(app.store, sending, now=now)
