"""SIGTERM and SIGINT: the first asks the work to stop, the second ends the process at once.

A thread listens, so that a main thread which waits for a socket or the database need not
wake up first. Who asks a service to stop kills it after ten seconds at the earliest, so all
is over before that.
"""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType

from digest.pipeline.cancellation import StopToken

CUT_AFTER = 7.5  # seconds in which a server may still answer
END_AFTER = 1.5  # seconds more, to write down what became of it

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_OVER = 0  # no signal's number


@contextmanager
def stopping_on_signals(stop: StopToken, *, code: int) -> Iterator[None]:
    """Within the block the two signals ask `stop`. For the main thread.

    Args:
        stop: is asked at once, and told to cut what hangs after `CUT_AFTER` seconds.
        code: the exit code of a process that does not come to its end even so. Its claims
            are free when it is gone, as after a kill.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    listening = Thread(target=_listen, args=(reading, stop, code), daemon=True, name="signals")
    wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    before = [(number, signal.signal(number, _leave_to_thread)) for number in _SIGNALS]
    listening.start()
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup_before)
        os.write(writing, b"\0")
        listening.join()
        os.close(writing)
        os.close(reading)


def _leave_to_thread(_signal: int, _frame: FrameType | None) -> None:
    """The number of the signal is in the pipe already."""


def _listen(reading: int, stop: StopToken, code: int) -> None:
    if _next(reading, None) == _OVER:
        return
    stop.request()
    second = _next(reading, CUT_AFTER)
    if second == _OVER:
        return
    if second is None:
        stop.cut()
        second = _next(reading, END_AFTER)
        if second == _OVER:
            return
    with suppress(OSError, ValueError):
        sys.stderr.write(
            "digest: ended at once, as it was asked to again\n"
            if second is not None
            else "digest: ended before its work was done, which took too long\n"
        )
        sys.stderr.flush()
    os._exit(code if second is None else 128 + second)


def _next(reading: int, seconds: float | None) -> int | None:
    """The next signal; `_OVER` when the block has ended; None if none comes in time."""
    ready, _, _ = select.select([reading], [], [], seconds)
    return os.read(reading, 1)[0] if ready else None
