"""Limits the messages per minute, over all connections of a run."""

from collections.abc import Callable
from threading import Lock

_MAX_SLEEP = 1.0  # seconds; then it checks whether the run has to stop


class RateLimiter:
    """Gives each message its time. Thread-safe.

    Args:
        per_minute: messages per minute; None for no limit.
        clock: returns monotonic seconds.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        per_minute: float | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._lock = Lock()

    @property
    def limited(self) -> bool:
        """True if there is a limit."""
        return self._interval > 0

    def reserve(self) -> float | None:
        """Reserves the time of the next message, in seconds of the clock; None means now."""
        if not self._interval:
            return None
        with self._lock:
            now = self._clock()
            reserved = max(now, self._next)
            self._next = reserved + self._interval
        return reserved if reserved > now else None

    def wait_until(self, reserved: float, *, stopped: Callable[[], bool]) -> None:
        """Sleeps until a reserved time, or until the run stops.

        Args:
            reserved: seconds of the clock, from `reserve`.
            stopped: returns True when the run stops.
        """
        while (remaining := reserved - self._clock()) > 0 and not stopped():
            self._sleep(min(remaining, _MAX_SLEEP))
