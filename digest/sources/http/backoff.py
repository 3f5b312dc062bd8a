"""How long to wait before asking a server again."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from digest.core.schedule.backoff import backoff

_FIRST_WAIT = timedelta(seconds=1)


def fetch_wait(attempt: int, *, jitter: float) -> float:
    """Seconds before the next attempt: 1, 2, 4 ..., each moved by up to a half.

    Args:
        attempt: attempts made so far, at least 1.
        jitter: a random number in [0, 1), so that many clients do not return together.
    """
    wait = backoff(attempt, first=_FIRST_WAIT, smallest=0.5, spread=1.0, jitter=jitter)
    return wait.total_seconds()


def asked_wait(retry_after: str, date: str) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None: nothing usable.

    Args:
        retry_after: the header: seconds, or a moment.
        date: the same answer's Date header. A moment is taken against it, so that it
            does not matter whose clock is wrong.
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
