"""Decides when a paper that a service does not know is looked up there again."""

from datetime import datetime, timedelta

# After each request without a result. A paper may reach a service some weeks after it was listed.
PAUSES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=21))

# Papers that were first seen before are not looked up: the last pause has passed.
WINDOW = timedelta(days=40)

_FIRST_BACKOFF = timedelta(minutes=30)
_LONGEST_BACKOFF = timedelta(days=1)


def next_lookup(requests: int, *, now: datetime) -> datetime | None:
    """Returns when a paper is looked up again; None: never, it was asked often enough.

    Args:
        requests: how often the service was asked for it, at least 1.
        now: when it was asked the last time.
    """
    return now + PAUSES[requests - 1] if requests <= len(PAUSES) else None


def next_use(failures: int, *, now: datetime, retry_after: float | None) -> datetime:
    """Returns when a service that failed is asked again: 30 minutes, doubling up to a day.

    Args:
        failures: runs in a row in which it failed, at least 1.
        now: when it failed.
        retry_after: seconds that it asked to wait; at most a day of them count.
    """
    wait = min(_FIRST_BACKOFF * (1 << min(failures - 1, 10)), _LONGEST_BACKOFF)
    asked = timedelta(seconds=min(retry_after or 0.0, _LONGEST_BACKOFF.total_seconds()))
    return now + max(wait, asked)
