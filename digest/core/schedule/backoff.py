"""Exponential back-off, for all that is tried again: messages, sources, requests."""

from datetime import timedelta

# Longer waits are of no use, and would overflow.
_MAX_DOUBLINGS = 16


def backoff(
    failures: int,
    *,
    first: timedelta,
    longest: timedelta = timedelta.max,
    smallest: float,
    spread: float,
    jitter: float,
) -> timedelta:
    """Returns the wait before the next attempt; it doubles with each failure.

    Args:
        failures: failed attempts in a row, at least 1.
        first: the wait after the first one, before jitter.
        longest: the limit of the doubling, before jitter.
        smallest: the factor at a jitter of 0.
        spread: how much the factor grows up to a jitter of 1.
        jitter: a random number from 0 to 1, so that many clients do not return together.
    """
    doubled = first * (1 << min(failures - 1, _MAX_DOUBLINGS))
    return min(doubled, longest) * (smallest + spread * jitter)
