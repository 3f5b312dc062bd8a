"""Sends the messages of webhooks, for the stage "tidy" and for a job of its own."""

import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from digest.pipeline.cancellation import StopToken
from digest.version import __version__

if TYPE_CHECKING:
    from digest.core.access.webhooks import WebhookReport
    from digest.store.database.store import Store

BUDGET = 60.0  # seconds for all webhooks of one run


def tell_webhooks(
    store: "Store", *, contact: str, stop: StopToken, now: datetime
) -> "WebhookReport":
    """Tells the webhooks of a home what happened.

    Args:
        store: the database.
        contact: an address for the operators of the receivers.
        stop: ends the work.
        now: the current time.
    """
    from digest.core.access.webhooks import WebhookReport
    from digest.store.access.webhooks import all_webhooks

    with store.read() as tx:
        if not all_webhooks(tx):
            return WebhookReport()
    # Imported here: most homes have no webhooks, and this loads an HTTP client.
    from digest.pipeline.access import webhooks
    from digest.sources.http.client import user_agent
    from digest.sources.http.post import post

    sending = webhooks.Sending(
        post=partial(
            post, user_agent=user_agent(__version__, contact=contact), clock=time.monotonic
        ),
        clock=time.monotonic,
        budget=BUDGET,
        stopped=lambda: stop.requested,
    )
    return webhooks.send_due(store, sending, now=now)
