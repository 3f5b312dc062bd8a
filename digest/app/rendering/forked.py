"""Divides this process into some that render and sign messages for a long delivery.

They share what it has imported and what it learned about the papers of the first messages. They hold
none of its files and connections: its lock must end with it, and its database connections are its own.
"""

import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NoReturn, Protocol

from digest.app.rendering import processes
from digest.app.rendering.exchange import ChildRenderer, SharedMessages, serve
from digest.core.models.delivery import ClaimedEdition, Envelope
from digest.pipeline.forking import can_fork, ignore_signals
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.app.messages.message_writer import MessageWriter
    from digest.config.home import HomeFolder
    from digest.config.settings.loader import Settings

_STANDARD_FILES = 3
_END_SECONDS, _LOOK_EVERY = 2.0, 0.01  # for a process to end by itself


class Parts(Protocol):
    """What is needed of the program."""

    @property
    def home(self) -> "HomeFolder":
        """The home of the installation."""

    @property
    def settings(self) -> "Settings":
        """Its settings."""

    @property
    def store(self) -> Store:
        """Its database."""

    @property
    def message_writer(self) -> "MessageWriter":
        """Writes its messages."""


def open_processes(
    parts: Parts, count: int, prepare: Callable[[], None]
) -> AbstractContextManager[Sequence[ChildRenderer]]:
    """Starts rendering processes: by dividing this one, or else as new interpreters.

    Args:
        parts: of the program.
        count: how many processes.
        prepare: called before this process is divided.
    """
    # A sentence model may have threads that Python does not know.
    if parts.settings.semantic or not can_fork():
        return processes.open_processes(parts.home, parts.settings, count)
    prepare()
    return fork_processes(parts.store, parts.message_writer.write, count)


@contextmanager
def fork_processes(
    store: Store, write: Callable[[ClaimedEdition], Envelope], count: int
) -> Iterator[Sequence[ChildRenderer]]:
    """Starts rendering processes; they end with the block. Call it only if `can_fork`.

    Args:
        store: the database of this process; a process opens connections of its own to read papers.
        write: writes the message of an edition.
        count: how many processes.
    """
    store.close_connections()
    gc.freeze()  # the collector would write to the memory that the processes share
    try:
        with ExitStack() as block:
            shared = [block.enter_context(SharedMessages.create()) for _ in range(count)]
            yield [block.enter_context(_process(write, memory)) for memory in shared]
    finally:
        gc.unfreeze()


@contextmanager
def _process(
    write: Callable[[ClaimedEdition], Envelope], shared: SharedMessages
) -> Iterator[ChildRenderer]:
    ours, theirs = socket.socketpair()
    process = os.fork()
    if not process:
        _work(theirs, write, shared)
    theirs.close()
    connection = Connection(ours.detach())
    try:
        yield ChildRenderer(connection, process, shared)
    finally:
        connection.close()
        _wait_for(process)


def _work(
    theirs: socket.socket, write: Callable[[ClaimedEdition], Envelope], shared: SharedMessages
) -> NoReturn:
    """What a process does. Nothing of its parent may be closed as usual or flushed here."""
    try:
        ignore_signals()  # without the parent, the socket is closed
        descriptor = theirs.detach()
        os.closerange(_STANDARD_FILES, descriptor)
        os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
        serve(Connection(descriptor), write, shared)
    finally:
        os._exit(1)


def _wait_for(process: int) -> None:
    """Waits for the end of a process, and kills it if it does not end by itself."""
    with suppress(ChildProcessError):
        until = time.monotonic() + _END_SECONDS
        while not os.waitpid(process, os.WNOHANG)[0]:
            if time.monotonic() > until:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return
            time.sleep(_LOOK_EVERY)
