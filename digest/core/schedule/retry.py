"""When a letter is tried again, when it no longer is, and when sending as a whole pauses."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.core.schedule.backoff import backoff

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=4)

MAX_IN_DOUBT = 4  # each time the end is unknown may have been a delivery
WINDOW = 50  # the last letters of a run, of which
MAX_REFUSED = 10  # so many refusals are a sign that something is wrong with all of them
MAX_BLOCKED = 3  # and so many by policy


def wait_before(attempt: int, *, jitter: float) -> timedelta:
    """The wait before the next attempt: it doubles each time, up to four hours.

    Args:
        attempt: attempts made so far, at least 1.
        jitter: a random number in [0, 1); it moves the wait by up to a quarter, so that
            letters that were deferred together do not return together.
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
    """The moment of the next attempt; None if it would come too late.

    Args:
        attempt: attempts made so far, at least 1.
        now: the end of the last one.
        too_late: when the letter is no longer wanted.
        jitter: a random number in [0, 1).
    """
    at = now + wait_before(attempt, jitter=jitter)
    return at if at < too_late else None


def too_many_refused(refused: Sequence[bool]) -> bool:
    """Whether a run should pause: 10 of its last 50 letters were refused for good.

    Args:
        refused: of the run's letters so far, in their order, whether each was refused.
    """
    return sum(refused[-WINDOW:]) >= MAX_REFUSED


def too_many_blocked(blocked: Sequence[bool]) -> bool:
    """Whether a run should pause: 3 of its last 50 letters were refused by policy.

    One may be about its reader alone.

    Args:
        blocked: of the run's letters so far, in their order, whether each was.
    """
    return sum(blocked[-WINDOW:]) >= MAX_BLOCKED


def pause_after(times: int, *, jitter: float) -> timedelta:
    """How long sending pauses when it had to stop.

    Args:
        times: runs in a row that had to stop without a letter taken, at least 1. The first
            is no pause at all: the next run tries, as somebody may have mended it.
        jitter: a random number in [0, 1).
    """
    return timedelta(0) if times <= 1 else wait_before(times - 1, jitter=jitter)
