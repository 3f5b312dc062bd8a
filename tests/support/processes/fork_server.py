"""Runs `digest` in forked processes, without importing the program again for each command.

A command is a process of its own, with its own environment, folder, files and exit code, as in
real use. Only the imports and the filled caches are shared: they take most of the time of a short
command. A test of the start itself, of another interpreter or of another locale must start a real
process.

    python -m support.processes.fork_server LISTENER PARENT      (descriptors of a socket and a pipe)

Each connection is one command: a line of JSON and three open files go in, the process id and then
the exit code come back. A connection that ends early kills its command.
"""

import atexit
import ctypes
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import digest
from support.processes.successive_commands import exit_code, run_successively
from support.speed.compiled import share_compiled

_HUGE_PAGE = 2 << 20
_SLOW_AND_RARE = ("digest.demo", "digest.store.migrations", "digest.__main__")
# Python reads these when it starts, so a forked process cannot follow another value.
READ_AT_START = ("LANG", "LANGUAGE", "LC_", "PYTHON")
_SHIM = """\
#!{python} -IS
import json, os, signal, socket, sys
fixed = {{k: v for k, v in os.environ.items() if k.startswith({read_at_start!r})}}
if fixed != {fixed!r}:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
mask = os.umask(0)
os.umask(mask)
request = {{"args": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "umask": mask,
           "program": {program!r}, "patch": {patch!r},
           "sigint": signal.getsignal(signal.SIGINT) is not signal.SIG_IGN}}
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
socket.send_fds(server, [b"\\n"], [0, 1, 2])
server.sendall(json.dumps(request).encode() + b"\\n")
answers = server.makefile()
command = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    # The command may have a handler for a SIGINT that its shell ignores.
    if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, lambda received, _: os.kill(command, received))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class ForkServer:
    """A server at this address, which another process started."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float,
        program: str = "digest.cli",
        patch: str = "",
    ) -> tuple[int, bytes, bytes]:
        """Runs one command.

        Args:
            args: the arguments of the program.
            env: the whole environment.
            cwd: the folder to run in.
            timeout: seconds.
            program: the module whose `main` is run.
            patch: Python code that the process runs before the command, to replace functions.

        Returns:
            The exit code, the standard output and the standard error.
        """
        own = {"args": list(args), "program": program}
        return self._ask({**own, "env": dict(env), "cwd": str(cwd), "patch": patch}, timeout)

    def run_successively(
        self,
        commands: Sequence[Sequence[str]],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float,
        patch: str = "",
    ) -> list[tuple[int, str, str]]:
        """Runs several commands in one process, each as if the process had just started.

        Args:
            commands: the arguments of `digest`, for each.
            env: as in `run`, like the others.
            cwd: as well.
            timeout: seconds for all.
            patch: for all.

        Returns:
            For each the exit code, the standard output and the standard error.
        """
        own = {"successive": [list(args) for args in commands]}
        request = {**own, "env": dict(env), "cwd": str(cwd), "patch": patch}
        code, out, err = self._ask(request, timeout)
        if code:
            raise subprocess.CalledProcessError(code, "digest", out, err)
        return [(code, out, err) for code, out, err in map(json.loads, out.splitlines())]

    def _ask(self, request: dict[str, Any], timeout: float) -> tuple[int, bytes, bytes]:
        """Lets a process do this; returns its exit code, standard output and standard error."""
        with (
            closing(socket.socket(socket.AF_UNIX)) as server,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            open(os.devnull) as nothing,  # noqa: PTH123 - a device
        ):
            server.settimeout(timeout)
            server.connect(self.address)
            socket.send_fds(server, [b"\n"], [file.fileno() for file in (nothing, out, err)])
            server.sendall(json.dumps(request).encode() + b"\n")
            try:
                with server.makefile() as answers:
                    _process_id, code = answers.readline(), int(answers.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(str(request), timeout) from None
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()

    def install(
        self, folder: Path, name: str = "digest", *, program: str = "digest.cli", patch: str = ""
    ) -> None:
        """Writes a program into the folder that runs its commands here.

        `digest` starts the real one where the environment wants another start of Python.

        Args:
            folder: where the program is written.
            name: what it is called.
            program: as in `run`, for each command.
            patch: the same.
        """
        fixed = {name: text for name, text in os.environ.items() if name.startswith(READ_AT_START)}
        file = folder / name
        file.write_text(
            _SHIM.format(
                python=sys.executable,
                read_at_start=READ_AT_START,
                fixed=fixed,
                real=str(Path(sys.executable).parent / name),
                address=self.address,
                program=program,
                patch=patch,
            )
        )
        file.chmod(0o755)


class _OwnForkServer(ForkServer):
    """The server process that this process starts, and that ends with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="paper-digest-fork-")
        super().__init__(str(Path(self._folder.name, "socket")))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.address)
        listener.listen(32)
        parent, self._alive = os.pipe()  # closed when this process ends, in whatever way
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(listener.fileno()), str(parent)],
            pass_fds=[listener.fileno(), parent],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        listener.close()
        os.close(parent)
        atexit.register(self._close)

    def _close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


_shared: list[ForkServer] = []  # at most one


@cache
def fork_server() -> ForkServer:
    """Returns the server of this test process."""
    return _shared[0] if _shared else _OwnForkServer()


def share_fork_server(address: str) -> None:
    """Uses the server at this address, which all workers of a test run share."""
    _shared[:] = [ForkServer(address)]


class _Commands:
    """The commands that run, each with the connection of the process that waits for it."""

    def __init__(self, listener: socket.socket, parent: int) -> None:
        self._listener = listener
        self._parent = parent
        self._connections: dict[int, socket.socket] = {}
        # A byte comes out of this socket whenever a command ends.
        self._ended, wakeup = socket.socketpair()
        self._ended.settimeout(0)
        wakeup.settimeout(0)
        self._wakeup = wakeup
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Runs what is asked for, until the process that started the server has ended."""
        while True:
            by_file = {connection: process for process, connection in self._connections.items()}
            watched: list[Any] = [self._listener, self._parent, self._ended, *by_file]
            ready = select.select(watched, [], [])[0]
            if self._ended in ready:
                self._report_ended()
            for process in (by_file[file] for file in ready if file in by_file):
                if process in self._connections:  # whoever asked has gone
                    os.kill(process, signal.SIGKILL)
                    self._connections.pop(process).close()
            if self._listener in ready:
                self._start(self._listener.accept()[0])
            if self._parent in ready:
                for process in self._connections:
                    os.kill(process, signal.SIGKILL)
                return

    def _report_ended(self) -> None:
        """Tells the exit codes of the commands that have ended."""
        with suppress(BlockingIOError):
            self._ended.recv(4096)
        with suppress(ChildProcessError):  # there is no command
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                connection = self._connections.pop(ended[0], None)
                if connection is not None:
                    code = os.waitstatus_to_exitcode(ended[1])
                    with suppress(ConnectionError), connection:
                        connection.sendall(f"{code}\n".encode())

    def _start(self, connection: socket.socket) -> None:
        """Starts the command of a new connection, and tells its process id."""
        _, files, _, _ = socket.recv_fds(connection, 1, 3)
        with connection.makefile() as lines:
            line = lines.readline()
        if not line:  # whoever asked has gone
            connection.close()
        elif (process := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._parent)
            for own in (connection, self._listener, self._ended, self._wakeup):
                own.close()
            for other in self._connections.values():
                other.close()
            _exit_as(partial(_become, json.loads(line), files))
        else:
            self._connections[process] = connection
            with suppress(ConnectionError):  # noticed in `serve`
                connection.sendall(f"{process}\n".encode())
        for file in files:
            os.close(file)


def _become(request: dict[str, Any], files: Sequence[int]) -> int:
    """Turns this forked process into the command; returns its exit code."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    if "umask" in request:
        os.umask(request["umask"])
    if not request.get("sigint", True):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.tzset()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    if patch := request.get("patch"):
        exec(patch, {})
    if successive := request.get("successive"):
        return run_successively(successive)
    sys.argv = ["digest", *request["args"]]
    return exit_code(import_module(request.get("program", "digest.cli")).main)


def _exit_as(program: Callable[[], int]) -> None:
    """Runs this and ends the process, as at its end, but without taking all modules apart."""
    code = 1
    try:
        code = program()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import_everything() -> None:
    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if not module.name.startswith(_SLOW_AND_RARE):
            import_module(module.name)
    import_module("sqlalchemy.dialects.postgresql.psycopg")  # which SQLAlchemy imports when needed


def _fill_caches() -> None:
    """Fills the caches of imported modules, and shares what is there with the commands."""
    from support.processes.warm_commands import warm_up

    share_compiled()
    with tempfile.TemporaryDirectory(prefix="paper-digest-fork-") as folder:
        warm_up(Path(folder))
    # nanobind, below sparse_dot_topn, empties these when a process ends. To free what the server
    # made took a third of the page faults of a short command.
    for empty_cache in typing._cleanups:  # type: ignore[attr-defined]
        empty_cache()
    gc.freeze()  # none of it is garbage
    _use_huge_pages()


def _use_huge_pages() -> None:
    """Lets Linux keep the memory in pages of 2 MB, so that a fork copies few page table entries."""
    areas = Path("/proc/self/maps")
    if not areas.is_file():
        return
    libc = ctypes.CDLL(None)
    collapse = 25  # MADV_COLLAPSE; an older kernel does not know it, and refuses
    for area in areas.read_text().splitlines():
        addresses, access, _, _, file, *_ = area.split()
        if access == "rw-p" and file == "0":
            start, end = (int(address, 16) for address in addresses.split("-"))
            start += -start % _HUGE_PAGE
            size = (end - start) // _HUGE_PAGE * _HUGE_PAGE
            if size > 0:
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), collapse)


if __name__ == "__main__":
    # A test run without a command needs none of this.
    select.select([int(sys.argv[1]), int(sys.argv[2])], [], [])
    _import_everything()
    _fill_caches()
    _Commands(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])).serve()
