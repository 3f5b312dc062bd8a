"""A request to stop, passed in: what is under way is finished, nothing new is begun."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from threading import Event, Lock
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")

STOPPED = "stopped as it was asked to; what was not done is taken up by the next run"


@runtime_checkable
class Interruptible(Protocol):
    """What may wait for answers from outside."""

    def cut(self) -> None:
        """From another thread: it waits no longer; never fails."""


class StopToken:
    """For several threads; whoever listens to signals makes the requests."""

    def __init__(self) -> None:
        self._asked = Event()
        self._cutting = Lock()
        self._waiting: list[Interruptible] = []

    def request(self) -> None:
        """Nothing new is to be begun."""
        self._asked.set()

    @property
    def requested(self) -> bool:
        """Whether it was asked for."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps so long, or until it is asked for; whether it was."""
        return self._asked.wait(seconds)

    def until_then(self, items: Iterable[T]) -> Iterator[T]:
        """The items, as long as it is not asked for."""
        return takewhile(lambda _: not self.requested, items)

    @contextmanager
    def cutting(self, waiting: object) -> Iterator[None]:
        """Within the block, `cut` reaches this one, if it is one that can be cut."""
        known = waiting if isinstance(waiting, Interruptible) else None
        with self._cutting:
            if known is not None:
                self._waiting.append(known)
        try:
            yield
        finally:
            with self._cutting:
                if known is not None:
                    self._waiting.remove(known)

    def cut(self) -> None:
        """Waits no longer for answers from outside."""
        with self._cutting:
            for waiting in self._waiting:
                waiting.cut()
