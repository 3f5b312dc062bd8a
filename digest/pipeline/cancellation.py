"""Token by which a run is asked to stop: it finishes its current work and starts nothing new."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from threading import Event, Lock
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

STOPPED = "stopped as it was asked to; what was not done is taken up by the next run"


@runtime_checkable
class Interruptible(Protocol):
    """Something that may wait for responses from outside, such as a connection."""

    def interrupt(self) -> None:
        """Ends its waiting. Called from another thread; never raises."""


class StopToken:
    """A request to stop, shared by several threads. A signal handler usually sets it."""

    def __init__(self) -> None:
        self._requested = Event()
        self._lock = Lock()
        self._interruptible: list[Interruptible] = []

    def request(self) -> None:
        """Asks to stop: start nothing new, and finish what has begun."""
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps for the given time, or until somebody asks to stop.

        Returns:
            Whether somebody asked to stop.
        """
        return self._requested.wait(seconds)

    def take_until_stopped(self, items: Iterable[T]) -> Iterator[T]:
        """Yields the items until somebody asks to stop."""
        return takewhile(lambda _: not self.requested, items)

    @contextmanager
    def interruptible(self, waiting: object) -> Iterator[None]:
        """Registers an object, so that `interrupt` interrupts it within the block.

        Args:
            waiting: The object; nothing happens if it is not `Interruptible`.
        """
        target = waiting if isinstance(waiting, Interruptible) else None
        with self._lock:
            if target is not None:
                self._interruptible.append(target)
        try:
            yield
        finally:
            with self._lock:
                if target is not None:
                    self._interruptible.remove(target)

    def interrupt(self) -> None:
        """Interrupts everything that waits for responses from outside."""
        # Under the lock, so that no target ends its block and is reused in between.
        with self._lock:
            for target in self._interruptible:
                target.interrupt()
