"""How often Python's garbage collector runs in a process of this program."""

import gc

_THRESHOLD = 500_000
"""New objects between two collections; Python's own value is 700."""


def collect_rarely() -> None:
    """Makes garbage collections rare in this process.

    Importing modules and filling caches create tens of thousands of objects that stay. With the
    default threshold the collector would scan them again and again, which takes a tenth of the
    time of a short command, and a fifth of that of writing a message.
    """
    gc.set_threshold(_THRESHOLD)
