"""What a command costs: processor time and memory of all its processes, and those of its database.

Linux only: it reads /proc.
"""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

_EVERY = 0.2  # seconds between two measurements of the memory
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a command took."""

    cpu: float  # seconds of the command and its child processes
    server_cpu: float  # seconds of the database server in the meantime
    wall: float  # seconds
    peak_mb: float  # of all the command's processes together, whose shared memory counts once


def run_measured(
    command: Sequence[str], *, environ: Mapping[str, str], server: int | None = None
) -> Usage:
    """Runs a command and measures it.

    Args:
        command: the program and its arguments; its standard output is not shown.
        environ: its environment.
        server: the first process of the database server; None if there is none.

    Raises:
        SystemExit: the command fails.
    """
    served = tree_cpu(server) if server else 0.0
    began = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        peaks = [0.0]
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peaks, ended))
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watch.join()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    return Usage(
        cpu=used.ru_utime + used.ru_stime,
        server_cpu=tree_cpu(server) - served if server else 0.0,
        wall=wall,
        peak_mb=max(peaks[0], used.ru_maxrss / 1024),
    )


def server_process(url: str) -> int | None:
    """The first process of a PostgreSQL server on this machine; None for another database."""
    if not url.startswith("postgres"):
        return None
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        parent = int(_stat(backend)[1])
    engine.dispose()
    return parent


def tree_cpu(root: int) -> float:
    """Seconds of a process and all its descendants, also of those that have ended."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in _tree(root)) / _TICKS


def _watch(root: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(_EVERY):
        peaks[0] = max(peaks[0], sum(map(_memory_mb, _tree(root))))


def _tree(root: int) -> list[int]:
    """A process and its descendants."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):  # the thread or the process has ended
                waiting += map(int, file.read_text(encoding="ascii").split())
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty if the process has ended."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return content.rpartition(")")[2].split()


def _memory_mb(pid: int) -> float:
    """The memory of a process, of which shared pages are divided among those that have them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
