"""Starts processes that render and sign messages for a long delivery.

A process is a new interpreter with the settings of this one, which it gets over a socket, like the
editions to render. It opens the database only to read papers. It ends when its socket is closed, and
so also when the delivering process is killed.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.app.rendering.exchange import ChildRenderer
from digest.logs import redactor

if TYPE_CHECKING:
    from digest.config.home import HomeFolder
    from digest.config.settings.loader import Settings

CHILD = "digest.app.rendering.child"  # the module that runs in the processes

_END_SECONDS = 2.0  # for a process to end by itself


class Installation(Struct, frozen=True, kw_only=True):
    """What a rendering process gets first."""

    home: "HomeFolder"
    settings: "Settings"
    secrets: Sequence[str]  # that no log line may contain
    show_addresses: bool  # in log lines


@contextmanager
def open_processes(
    home: "HomeFolder", settings: "Settings", count: int
) -> Iterator[Sequence[ChildRenderer]]:
    """Starts rendering processes; they end with the block.

    Args:
        home: the home of the installation.
        settings: its settings.
        count: how many processes.
    """
    installation = Installation(
        home=home,
        settings=settings,
        secrets=tuple(redactor.secrets),
        show_addresses=redactor.show_addresses,
    )
    with ExitStack() as block:
        yield [block.enter_context(_process(installation)) for _ in range(count)]


@contextmanager
def _process(installation: Installation) -> Iterator[ChildRenderer]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-P", "-m", CHILD, str(theirs.fileno())]
        process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            # The same package as in this process.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    connection = Connection(ours.detach())
    try:
        with suppress(OSError):  # a process that died at once is noticed with its first edition
            connection.send(installation)
        yield ChildRenderer(connection, process.pid)
    finally:
        connection.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
