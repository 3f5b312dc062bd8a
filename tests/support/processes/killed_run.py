"""`digest` that kills itself: python killed_run.py MODULE:NAME before|after NTH ARGS...

SIGKILL strikes before or after the NTH call of a function, as a power cut or an
out-of-memory killer would: no handler runs, no lock is released politely.
"""

import functools
import importlib
import os
import signal
import sys
from typing import Any


def main() -> None:
    target, when, nth, *args = sys.argv[1:]
    module_name, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module_name)
    for part in owners:
        owner = getattr(owner, part)
    original = getattr(owner, name)
    calls = 0

    @functools.wraps(original)
    def deadly(*positional: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == int(nth) and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*positional, **named)
        if calls == int(nth) and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
    sys.argv = ["digest", *args]
    importlib.import_module("digest.cli").main()


if __name__ == "__main__":
    main()
