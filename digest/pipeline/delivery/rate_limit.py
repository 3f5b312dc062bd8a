"""Not more letters a minute than agreed, over all connections of a run."""

from collections.abc import Callable
from threading import Lock

_SLICE = 1.0  # seconds; a run that has to stop does not sleep on


class RateLimiter:
    """For several threads.

    Args:
        per_minute: letters; None: as fast as it goes.
        clock: seconds that only grow.
        sleep: waits for so many seconds.
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
        self._choosing = Lock()

    @property
    def limited(self) -> bool:
        """Whether letters may have to wait."""
        return self._interval > 0

    def slot(self) -> float | None:
        """The moment, by the clock, of the next letter; None: now."""
        if not self._interval:
            return None
        with self._choosing:
            now = self._clock()
            mine = max(now, self._next)
            self._next = mine + self._interval
        return mine if mine > now else None

    def wait_until(self, slot: float, *, stopped: Callable[[], bool]) -> None:
        """Sleeps until then, or until the run stops."""
        while (left := slot - self._clock()) > 0 and not stopped():
            self._sleep(min(left, _SLICE))
