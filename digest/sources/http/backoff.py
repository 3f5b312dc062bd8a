"""Computes how long to wait before the next request to a server."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from digest.core.schedule.backoff import backoff

_FIRST_WAIT = timedelta(seconds=1)


def fetch_wait(attempt: int, *, jitter: float) -> float:
    """Returns the seconds before the next attempt: 1, 2, 4 ..., each changed by up to a half.

    Args:
        attempt: The number of attempts so far, at least 1.
        jitter: A random number in [0, 1), so that many clients do not retry at the same time.
    """
    wait = backoff(attempt, first=_FIRST_WAIT, smallest=0.5, spread=1.0, jitter=jitter)
    return wait.total_seconds()


def asked_wait(retry_after: str, date: str) -> float | None:
    """Returns the seconds in a Retry-After header (RFC 9110, 10.2.3); None if it is not valid.

    Args:
        retry_after: The header: a number of seconds, or a date.
        date: The Date header of the same response. A date in `retry_after` is compared with it,
            so that a wrong clock, there or here, does not matter.
    """
    retry_after = retry_after.strip()
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:12])
    try:
        moment, now = (
            parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
            for parsed in map(parsedate_to_datetime, (retry_after, date))
        )
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, OverflowError):
        return None
