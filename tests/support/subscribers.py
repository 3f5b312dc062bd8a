"""Subscriptions for tests, without what a test does not care about."""

from datetime import datetime

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import SubscriptionOrigin
from digest.store.database.store import Connection
from digest.store.subscribers import subscriptions
from support.builders import NOW


def start_subscription(
    tx: Connection,
    email: str,
    *,
    name: str = "papers",
    origin: SubscriptionOrigin = SubscriptionOrigin.IMPORT,
    profile_text: str = "# authored",
    profile: Profile | None = None,
    read_through: int = 0,
    now: datetime = NOW,
    detail: str = "",
) -> int:
    """Starts a subscription that reads all announcements; returns its id."""
    return subscriptions.start(
        tx,
        email=email,
        name=name,
        origin=origin,
        profile_text=profile_text,
        profile=profile,
        read_through=read_through,
        now=now,
        detail=detail,
    )
