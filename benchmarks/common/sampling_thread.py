"""A thread that samples something as long as its context is open."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Self


class SamplingThread:
    """Calls a function again and again.

    Args:
        sample: the function.
        seconds: the pause before each call.
    """

    def __init__(self, sample: Callable[[], None], *, seconds: float) -> None:
        self._sample = sample
        self._seconds = seconds
        self._done = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._seconds):
            self._sample()
