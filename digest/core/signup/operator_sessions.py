"""How long an operator stays signed in, and how long a message to sign in is valid."""

from datetime import datetime, timedelta

SIGN_IN_LIFE = timedelta(minutes=15)
"""How long the link and the code of a message work."""

SESSION_LIFE = timedelta(hours=8)
"""How long a session lasts at most."""

IDLE_LIFE = timedelta(hours=1)
"""How long a session lasts without a request."""

_TOUCH = timedelta(minutes=1)
_MAX_SKEW = timedelta(minutes=5)  # between the clocks of two processes


def is_alive(*, opened_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session is still valid.

    Args:
        opened_at: when it began.
        seen_at: when it was last used.
        now: the current time.
    """
    if opened_at > now + _MAX_SKEW or seen_at > now + _MAX_SKEW:  # the clock was wrong
        return False
    return now - opened_at < SESSION_LIFE and now - seen_at < IDLE_LIFE


def needs_touch(seen_at: datetime, *, now: datetime) -> bool:
    """Whether the use of a session is to be stored: once a minute, not for each request."""
    return now - seen_at >= _TOUCH
