"""Decides when a message is sent again, when it expires, and when all sending pauses."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.core.schedule.backoff import backoff

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=4)

MAX_IN_DOUBT = 4  # attempts: each one in doubt may have been a delivery
WINDOW = 50  # number of the last messages of a run in which failures are counted
MAX_REFUSED = 10  # with so many refusals, something is probably wrong with all messages
MAX_BLOCKED = 3  # the same for refusals by policy


def wait_before(attempt: int, *, jitter: float) -> timedelta:
    """Returns the wait before the next attempt: it doubles each time, up to four hours.

    Args:
        attempt: number of attempts so far, at least 1.
        jitter: a random number in [0, 1). It changes the wait by up to a quarter, so that
            messages that were deferred together are not all tried again together.
    """
    return backoff(
        attempt,
        first=FIRST_WAIT,
        longest=LONGEST_WAIT,
        smallest=0.75,
        spread=0.5,
        jitter=jitter,
    )


def next_attempt(
    attempt: int, *, now: datetime, too_late: datetime, jitter: float
) -> datetime | None:
    """Returns the moment of the next attempt; None if that is too late.

    Args:
        attempt: number of attempts so far, at least 1.
        now: the end of the last one.
        too_late: when the edition expires.
        jitter: a random number in [0, 1).
    """
    at = now + wait_before(attempt, jitter=jitter)
    return at if at < too_late else None


def too_many_refused(refused: Sequence[bool]) -> bool:
    """Returns True if sending should pause: 10 of the last 50 messages were refused.

    Args:
        refused: for each message of the run so far, in order: was it refused?
    """
    return sum(refused[-WINDOW:]) >= MAX_REFUSED


def too_many_blocked(blocked: Sequence[bool]) -> bool:
    """Returns True if sending should pause: 3 of the last 50 messages were refused by policy.

    A single refusal may concern only one reader.

    Args:
        blocked: for each message of the run so far, in order: was it refused by policy?
    """
    return sum(blocked[-WINDOW:]) >= MAX_BLOCKED


def pause_after(times: int, *, jitter: float) -> timedelta:
    """Returns how long sending pauses after a run that had to stop.

    Args:
        times: number of runs in a row that stopped before the server accepted a message, at
            least 1. After the first there is no pause: the next run tries again, because the
            cause may have been removed.
        jitter: a random number in [0, 1).
    """
    return timedelta(0) if times <= 1 else wait_before(times - 1, jitter=jitter)
