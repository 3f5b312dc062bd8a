"""SIGTERM and SIGINT: the first one stops the work in order, the second one ends the process.

A thread waits for the signals, because the main thread may be blocked by a socket or by the
database. Service managers kill a process ten seconds after SIGTERM at the earliest, so the
process ends before that.
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

# Together less than the ten seconds that a service manager waits.
CUT_AFTER = 7.5  # seconds that a server still has to answer
END_AFTER = 1.5  # seconds after that, to record the outcomes

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BLOCK_ENDED = 0  # is not the number of any signal


@contextmanager
def stopping_on_signals(stop: StopToken, *, code: int) -> Iterator[None]:
    """Stops the work of a `with` block on SIGTERM or SIGINT. Call it in the main thread.

    Args:
        stop: requested at the first signal; after `CUT_AFTER` seconds it also interrupts
            blocked connections.
        code: the exit code if the work does not end even then. The claims of a process that
            ended this way are released like those of a killed one.
    """
    read_end, write_end = os.pipe()
    # `set_wakeup_fd` accepts only a descriptor that does not block.
    os.set_blocking(write_end, False)
    listener = Thread(target=_listen, args=(read_end, stop, code), daemon=True, name="signals")
    # Python writes the number of each signal to this pipe, which wakes the listener.
    previous_wakeup = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    # Without a handler of ours, SIGTERM would end the process, and SIGINT would raise an exception
    # in the main thread.
    previous_handlers = [(number, signal.signal(number, _leave_to_thread)) for number in _SIGNALS]
    listener.start()
    try:
        yield
    finally:
        for number, handler in previous_handlers:
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous_wakeup)
        os.write(write_end, bytes([_BLOCK_ENDED]))
        listener.join()
        os.close(write_end)
        os.close(read_end)


def _leave_to_thread(_signal: int, _frame: FrameType | None) -> None:
    """Does nothing: the pipe has the number of the signal already."""


def _listen(read_end: int, stop: StopToken, code: int) -> None:
    if _next_signal(read_end, None) == _BLOCK_ENDED:
        return
    stop.request()
    second = _next_signal(read_end, CUT_AFTER)
    if second == _BLOCK_ENDED:
        return
    if second is None:
        stop.interrupt()
        second = _next_signal(read_end, END_AFTER)
        if second == _BLOCK_ENDED:
            return
    # Standard error may be closed already.
    with suppress(OSError, ValueError):
        sys.stderr.write(
            "digest: ended at once after a second signal\n"
            if second is not None
            else "digest: ended before its work was done, because stopping took too long\n"
        )
        sys.stderr.flush()
    # `sys.exit` would end this thread alone.
    os._exit(code if second is None else 128 + second)


def _next_signal(read_end: int, seconds: float | None) -> int | None:
    """Waits for a signal: its number, `_BLOCK_ENDED` after the block, or None after `seconds`."""
    ready, _, _ = select.select([read_end], [], [], seconds)
    return os.read(read_end, 1)[0] if ready else None
