"""Starts processes that render and sign messages for a long delivery, and is what runs in them.

A process is a new interpreter with the settings of this one, which it gets over a socket, like the
editions to render. It opens the database only to read papers. It ends when its socket is closed, and
so also when the delivering process is killed.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.logs import redactor, set_up
from digest.pipeline.delivery.render_ahead import render

if TYPE_CHECKING:
    from digest.config.home import HomeFolder
    from digest.config.settings.loader import Settings

_END_SECONDS = 2.0  # for a process to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class _Installation:
    """What a rendering process gets first."""

    home: "HomeFolder"
    settings: "Settings"
    secrets: Sequence[str]  # that no log line may contain
    show_addresses: bool  # in log lines


class ChildRenderer:
    """A rendering process, seen from the one that delivers.

    Args:
        connection: the socket to it.
    """

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    def send(self, editions: Sequence[ClaimedEdition]) -> None:
        """Gives it editions to render; raises OSError if the process is dead."""
        self._connection.send(editions)

    def receive(self) -> list[Envelope | Refused | None]:
        """Waits for the messages of the oldest request; raises EOFError if the process is dead."""
        results: list[Envelope | Refused | None] = self._connection.recv()
        return results


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
    installation = _Installation(
        home=home,
        settings=settings,
        secrets=tuple(redactor.secrets),
        show_addresses=redactor.show_addresses,
    )
    with ExitStack() as block:
        yield [block.enter_context(_process(installation)) for _ in range(count)]


@contextmanager
def _process(installation: _Installation) -> Iterator[ChildRenderer]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno())]
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
        yield ChildRenderer(connection)
    finally:
        connection.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run_child(descriptor: int) -> None:
    """Runs in the child: renders what comes over the socket until it is closed."""
    from digest.app.application import App

    # A stop request goes to the whole group; the delivering process decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = Connection(descriptor)
    installation: _Installation = connection.recv()
    settings = installation.settings
    redactor.add_secrets(*installation.secrets)
    set_up(
        form=settings.log_format,
        level=settings.log_level or "warning",
        addresses=installation.show_addresses,
    )
    requests: SimpleQueue[list[ClaimedEdition] | None] = SimpleQueue()
    # Requests are read while a message is rendered or sent: else both sides could wait to send.
    Thread(target=_read_requests, args=(connection, requests), daemon=True).start()
    with App(installation.home, settings) as app:
        while (editions := requests.get()) is not None:
            results = [render(edition, app.message_writer.write) for edition in editions]
            # An error that concerns every edition is found again, and raised, by the other side.
            connection.send(
                [item if isinstance(item, Envelope | Refused) else None for item in results]
            )


def _read_requests(
    connection: Connection, requests: "SimpleQueue[list[ClaimedEdition] | None]"
) -> None:
    try:
        while True:
            requests.put(connection.recv())
    except (EOFError, OSError):
        requests.put(None)


if __name__ == "__main__":
    with suppress(BrokenPipeError, ConnectionResetError, EOFError):
        _run_child(int(sys.argv[1]))
