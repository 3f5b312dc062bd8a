"""Runs a parser in a child process with limits on memory, time and file descriptors.

The child is a new interpreter. It imports the parser and then limits itself: memory, processor
time, and no new file descriptors. So it can open neither a file nor a socket, whatever a hostile
document makes the parser do. Its result is plain bytes and never a pickle, because unpickling
could run code in the parent.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from digest.errors import InputError

SECONDS = 10.0
MEMORY_BYTES = 192 * 2**20  # with the parent's 60 to 100 MB this stays below 300
MAX_RESULT = 32 * 2**20  # bytes

_TOO_MUCH = 3  # exit code of the child: it ran out of memory, or its result is too long
_FAILED = 4  # exit code of the child: the parser raised; the error is on standard error
_MAX_ERROR = 200  # characters of that error


def run_in_sandbox(
    function: Callable[[bytes], bytes],
    data: bytes,
    *,
    origin: str,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> bytes:
    """Returns `function(data)`, computed in a child process with limits.

    Args:
        function: A module-level function of this package. The child imports it and calls it
            with b"" before it sets the limits, so that lazy imports happen while files can be
            opened.
        data: The argument of the function.
        origin: The file or address that the data comes from, for error messages.
        seconds: The limit on processor time, and on elapsed time.
        memory_bytes: The limit on the address space, including that of the interpreter.

    Raises:
        InputError: The function raised, the child was killed, or a limit was reached.
    """
    target = f"{function.__module__}:{function.__qualname__}"
    limits = [str(int(seconds) + 1), str(memory_bytes)]
    try:
        child = subprocess.run(  # noqa: S603 - this interpreter, this module
            # -P keeps the working directory out of the path of modules.
            [sys.executable, "-P", "-m", __name__, target, *limits],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            # No secret of this process, and the same package as in this process.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        raise _over_limit(origin, seconds, memory_bytes) from None
    if child.returncode == _FAILED:
        error = " ".join(child.stderr.decode("utf-8", "replace").split())[:_MAX_ERROR]
        raise InputError(f"could not be parsed: {error}", file=origin)
    # A limit may end the process by a signal or an exit code.
    if child.returncode:
        raise _over_limit(origin, seconds, memory_bytes)
    return child.stdout


def _over_limit(origin: str, seconds: float, memory_bytes: int) -> InputError:
    return InputError(
        f"could not be parsed within {memory_bytes >> 20} MB and {seconds:g} s; "
        "if you trust the feed, ask its publisher for a shorter one",
        file=origin,
    )


def _child(target: str, seconds: str, memory_bytes: str) -> int:
    """Runs in the child: reads standard input, writes the result to standard output."""
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    # Lazy imports must happen before the limits.
    function(b"")
    data = sys.stdin.buffer.read()
    _set_limits(int(seconds), int(memory_bytes))
    try:
        result = function(data)
    except MemoryError:
        return _TOO_MUCH
    except Exception as error:  # noqa: BLE001 - any of a parser's errors is the input's fault here
        sys.stderr.write(f"{type(error).__name__}: {error}"[:_MAX_ERROR])
        return _FAILED
    if len(result) > MAX_RESULT:
        return _TOO_MUCH
    sys.stdout.buffer.write(result)
    return 0


def _set_limits(seconds: int, memory_bytes: int) -> None:
    import resource

    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 0),  # open file descriptors stay usable
        (resource.RLIMIT_AS, memory_bytes),
    ):
        # macOS has no RLIMIT_AS.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    sys.exit(_child(*sys.argv[1:]))
