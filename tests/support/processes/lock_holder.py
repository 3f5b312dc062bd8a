"""A process that holds a lock until it is killed."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

_HELD = b"held"
_TOO_LONG = 600  # seconds; a test kills the process long before


@contextmanager
def lock_holder(lock: Callable[[], AbstractContextManager[object]]) -> Iterator[int]:
    """Forks a process that holds a lock, and kills it at the end.

    Args:
        lock: called in the process; holds the lock while its context is open.

    Yields:
        The id of the process, when it holds the lock.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with lock():
                os.write(writing, _HELD)
                time.sleep(_TOO_LONG)
        finally:  # it must never return into pytest
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    try:
        assert os.read(reading, len(_HELD)) == _HELD, "the process did not get the lock"
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
