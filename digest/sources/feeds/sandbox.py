"""A parser in a child process that has little memory, little time, and no way out.

The child is a fresh interpreter. It imports the parser, and then gives up all that parsing
does not need: memory and processor time beyond a limit, and every further file descriptor,
so that it can open neither a file nor a socket, whatever the parser is talked into. Its
answer is bytes in a format of our own, never a pickle.
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
MAX_ANSWER = 32 * 2**20  # bytes

_TOO_MUCH = 3  # the child's exit code when it ran out of memory, or its answer is too long
_FAILED = 4  # ... when the parser raised; what it said is on standard error
_SAID = 200  # characters of that


def run_in_sandbox(
    function: Callable[[bytes], bytes],
    data: bytes,
    *,
    origin: str,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> bytes:
    """`function(data)`, computed in a child process with limits.

    Args:
        function: a function at the top of a module of this package; the child imports it,
            and calls it with b"" before the limits hold, so that it imports all it needs.
        data: what it is given.
        origin: the file or address that the data came from, for errors.
        seconds: of processor time, and of time by the clock.
        memory_bytes: of address space, the interpreter's own included.

    Raises:
        InputError: the function raised, the child died, or a limit was reached.
    """
    target = f"{function.__module__}:{function.__qualname__}"
    limits = [str(int(seconds) + 1), str(memory_bytes)]
    try:
        child = subprocess.run(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-P", "-m", __name__, target, *limits],
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            # Its environment holds no secret, and finds the same package as this process.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        raise _over_limit(origin, seconds, memory_bytes) from None
    if child.returncode == _FAILED:
        said = " ".join(child.stderr.decode("utf-8", "replace").split())[:_SAID]
        raise InputError(f"could not be parsed: {said}", file=origin)
    if child.returncode:  # the limits end a process in more ways than one
        raise _over_limit(origin, seconds, memory_bytes)
    return child.stdout


def _over_limit(origin: str, seconds: float, memory_bytes: int) -> InputError:
    return InputError(
        f"could not be parsed within {memory_bytes >> 20} MB and {seconds:g} s; "
        "if it is no attack, ask its publisher for a shorter feed",
        file=origin,
    )


def _child(target: str, seconds: str, memory_bytes: str) -> int:
    """What the child process does: standard input to standard output."""
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    function(b"")  # a rehearsal: what it imports late comes in while files can be opened
    data = sys.stdin.buffer.read()
    _give_up(int(seconds), int(memory_bytes))
    try:
        answer = function(data)
    except MemoryError:
        return _TOO_MUCH
    except Exception as error:  # noqa: BLE001 - any of a parser's errors is the input's fault here
        sys.stderr.write(f"{type(error).__name__}: {error}"[:_SAID])
        return _FAILED
    if len(answer) > MAX_ANSWER:
        return _TOO_MUCH
    sys.stdout.buffer.write(answer)
    return 0


def _give_up(seconds: int, memory_bytes: int) -> None:
    import resource

    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 0),  # those that are open stay open
        (resource.RLIMIT_AS, memory_bytes),
    ):
        with suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS
            resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    sys.exit(_child(*sys.argv[1:]))
