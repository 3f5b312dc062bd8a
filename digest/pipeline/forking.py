"""Divides this process by `fork`: when that is safe, and what a new process does first."""

import signal
import sys
import threading

_HARMLESS_THREADS = ("signals",)  # it waits in a system call and holds no lock


def can_fork() -> bool:
    """Returns whether this process can be divided: no other thread may hold a lock, now and for ever.

    The scheduler has such threads. Libraries of macOS have some of their own, which Python does not
    know; so may a sentence model, of which the caller must think.
    """
    threads = [item for item in threading.enumerate() if item.name not in _HARMLESS_THREADS]
    return sys.platform == "linux" and len(threads) == 1


def ignore_signals() -> None:
    """Leaves it to the parent of this new process when it stops."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
