"""Runs `digest` in forked processes, without importing the program again for each command.

A command is a process of its own, with its own environment, folder, files and exit code, as in
real use. Only the imports are shared: they take most of the time of a short command. A test of
the start itself, of another interpreter or of another locale must start a real process.

    python -m support.processes.fork_server REQUESTS ANSWERS      (two file descriptors)
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from digest.cli import main as digest_main
from support.processes import killed_run

_SLOW_AND_RARE = ("digest.demo", "digest.store.migrations", "digest.__main__")


class ForkServer:
    """The server process of this test process; started at the first command."""

    def __init__(self) -> None:
        requests, ours = os.pipe()
        theirs, answers = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(requests), str(answers)],
            pass_fds=(requests, answers),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        os.close(requests)
        os.close(answers)
        self._requests: TextIO = os.fdopen(ours, "w", buffering=1)
        self._answers: TextIO = os.fdopen(theirs, "r")
        atexit.register(self._process.kill)

    def run(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float,
        killed_at: Sequence[str] = (),
        patch: str = "",
    ) -> tuple[int, bytes, bytes]:
        """Runs one command.

        Args:
            args: the arguments of `digest`.
            env: the whole environment.
            cwd: the folder to run in.
            timeout: seconds.
            killed_at: the arguments of `killed_run.py`; empty: nothing kills the process.
            patch: Python code that the process runs before the command, to replace functions.

        Returns:
            The exit code, the standard output and the standard error.
        """
        with tempfile.TemporaryDirectory(prefix="paper-digest-run-") as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            request = {"args": list(args), "env": dict(env), "cwd": str(cwd), "timeout": timeout}
            request |= {
                "out": str(out),
                "err": str(err),
                "killed_at": list(killed_at),
                "patch": patch,
            }
            print(json.dumps(request), file=self._requests)
            code = json.loads(self._answers.readline())
            if code is None:
                raise subprocess.TimeoutExpired(list(args), timeout)
            return int(code), out.read_bytes(), err.read_bytes()


def _serve(requests: TextIO, answers: TextIO) -> None:
    for line in requests:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = _become(request, requests, answers)
            finally:
                # As at the end of a process, but without taking all modules apart.
                atexit._run_exitfuncs()
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(json.dumps(_wait(child, request["timeout"])), file=answers, flush=True)


def _become(request: dict[str, Any], *pipes: TextIO) -> int:
    """Turns this forked process into the command; returns its exit code."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    files = {0: os.devnull, 1: request["out"], 2: request["err"]}
    # The pipes of the server stay open objects at exit, so they must lead somewhere.
    files |= {pipe.fileno(): os.devnull for pipe in pipes}
    for number, path in files.items():
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    exec(request["patch"], {})
    program = killed_run.main if request["killed_at"] else digest_main
    sys.argv = ["digest", *request["killed_at"], *request["args"]]
    try:
        program()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _wait(child: int, timeout: float) -> int | None:
    """Returns the exit code as `subprocess` gives it; None if the time is over."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def _import_everything() -> None:
    import digest

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if not module.name.startswith(_SLOW_AND_RARE):
            import_module(module.name)


if __name__ == "__main__":
    _import_everything()
    gc.freeze()  # the modules are shared with the children; none of them is garbage
    _serve(os.fdopen(int(sys.argv[1])), os.fdopen(int(sys.argv[2]), "w"))
