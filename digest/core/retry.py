"""When a deferred letter is tried again."""

from datetime import timedelta

FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=4)


def wait_before(attempt: int, *, jitter: float) -> timedelta:
    """The wait before the next attempt: it doubles each time, up to four hours.

    Args:
        attempt: attempts made so far, at least 1.
        jitter: a random number in [0, 1); it moves the wait by up to a quarter, so that
            letters that were deferred together do not return together.
    """
    doubled = FIRST_WAIT * (1 << min(attempt - 1, 16))
    return min(doubled, LONGEST_WAIT) * (0.75 + 0.5 * jitter)
