"""Limits the messages per minute, over all connections of a run, or of all runs together."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from digest.store.database.store import Store
from digest.store.editions import send_rate

_MAX_SLEEP = 1.0  # seconds; then it checks whether the run has to stop

Reserve = Callable[[int, float], float]
"""Reserves the times of some messages among all processes.

Takes the number of messages and the seconds between two of them; returns how many seconds from now
the first one is due.
"""


class RateLimiter:
    """Gives each message its time. Thread-safe.

    Args:
        per_minute: messages per minute; None for no limit.
        clock: returns monotonic seconds.
        sleep: waits for a number of seconds.
        reserve: shares the limit with other processes; None: it is for this one alone.
    """

    def __init__(
        self,
        per_minute: float | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        reserve: Reserve | None = None,
    ) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._reserve = reserve
        self._next = clock()
        self._reserved = 0  # times that are reserved among all processes, from `_next` on
        self._lock = Lock()

    @property
    def limited(self) -> bool:
        """True if there is a limit."""
        return self._interval > 0

    def reserve(self) -> float | None:
        """Reserves the time of the next message, in seconds of the clock; None means now.

        Raises:
            StoreError: the limit is shared, and the database fails.
        """
        if not self._interval:
            return None
        with self._lock:
            now = self._clock()
            if self._reserve is not None and not self._reserved:
                # One second of messages at once: a transaction for each would cost more than it.
                self._reserved = max(1, int(1 / self._interval))
                self._next = now + self._reserve(self._reserved, self._interval)
            reserved = max(now, self._next)
            self._next = reserved + self._interval
            self._reserved = max(0, self._reserved - 1)
        return reserved if reserved > now else None

    def wait_until(self, reserved: float, *, stopped: Callable[[], bool]) -> None:
        """Sleeps until a reserved time, or until the run stops.

        Args:
            reserved: seconds of the clock, from `reserve`.
            stopped: returns True when the run stops.
        """
        while (remaining := reserved - self._clock()) > 0 and not stopped():
            self._sleep(min(remaining, _MAX_SLEEP))


def shared_reserve(store: Store, server: str, *, moment: Callable[[], datetime]) -> Reserve | None:
    """Returns what shares a limit with all processes over one database.

    Args:
        store: the database.
        server: names the mail server; empty: the limit is not shared, and None is returned.
        moment: returns the current time.
    """
    if not server:
        return None

    def reserve(count: int, interval: float) -> float:
        now, step = moment(), timedelta(seconds=interval)
        with store.write() as tx:
            first = send_rate.reserve(tx, server=server, count=count, interval=step, now=now)
        return (first - now).total_seconds()

    return reserve
