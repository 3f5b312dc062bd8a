"""What a rendering process and the one that delivers send each other.

Editions, and what is known of their messages, go over a socket. The messages themselves go through
memory that both processes share: a socket copies each of them several times, and wakes the other side
for each part. Where no memory is shared, or a message has no space in it, it follows over the socket.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from mmap import mmap
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.mail.message.crlf import CrlfBytes
from digest.pipeline.delivery.render_ahead import RenderResult, render
from digest.pipeline.delivery.render_pool import IN_FLIGHT

_ANSWER_BYTES = 4 << 20  # for the messages of one answer, which are usually half of that


class SharedMessages:
    """Memory through which one process gives messages to another, in as many parts as it has requests.

    The messages of an answer are in one part. The next but one answer overwrites them: its request is
    sent after they were read.

    Args:
        memory: shared by the two processes.
    """

    def __init__(self, memory: mmap) -> None:
        self._memory = memory
        self._answer = 0
        self._free = self._end = 0

    @classmethod
    @contextmanager
    def create(cls) -> "Iterator[SharedMessages]":
        """Creates the memory, which this process and those that it is divided into share."""
        with mmap(-1, IN_FLIGHT * _ANSWER_BYTES) as memory:
            yield cls(memory)

    def begin_answer(self) -> None:
        """Uses the next part from now on."""
        self._free = self._answer * _ANSWER_BYTES
        self._end = self._free + _ANSWER_BYTES
        self._answer = (self._answer + 1) % IN_FLIGHT

    def put(self, message: bytes) -> int | None:
        """Stores a message and returns its place; None if there is no space for it."""
        start, end = self._free, self._free + len(message)
        if end > self._end:
            return None
        self._memory[start:end] = message
        self._free = end
        return start

    def get(self, start: int, size: int) -> bytes:
        """Returns the message at a place."""
        return self._memory[start : start + size]


class _Head(Struct, frozen=True):
    """An envelope without its message."""

    sender: str
    recipient: str
    has_crlf: bool  # the message is of the type that says so
    size: int  # of the message
    place: int | None  # of the message in the shared memory; None: it follows over the socket


class ChildRenderer:
    """A rendering process, seen from the one that delivers.

    Args:
        connection: the socket to it.
        process_id: its number in the system.
        shared: the memory that it shares with this process; None: there is none.
    """

    def __init__(
        self, connection: Connection, process_id: int, shared: SharedMessages | None = None
    ) -> None:
        self._connection = connection
        self._shared = shared
        self.process_id = process_id

    def send(self, editions: Sequence[ClaimedEdition]) -> None:
        """Gives it editions to render; raises OSError if the process is dead."""
        self._connection.send(editions)

    def receive(self) -> list[Envelope | Refused | None]:
        """Waits for the messages of the oldest request; raises EOFError if the process is dead."""
        heads: list[_Head | Refused | None] = self._connection.recv()
        return [self._envelope(item) if isinstance(item, _Head) else item for item in heads]

    def _envelope(self, head: _Head) -> Envelope:
        if head.place is None or self._shared is None:
            message = self._connection.recv_bytes()
        else:
            message = self._shared.get(head.place, head.size)
        return Envelope(
            sender=head.sender,
            recipient=head.recipient,
            message=CrlfBytes(message) if head.has_crlf else message,
        )


def serve(
    connection: Connection,
    write: Callable[[ClaimedEdition], Envelope],
    shared: SharedMessages | None = None,
) -> NoReturn:
    """Renders what comes over a socket until it is closed, and then ends the process.

    Args:
        connection: the socket to the process that delivers.
        write: writes the message of an edition.
        shared: the memory that it shares with this process; None: there is none.
    """
    requests: SimpleQueue[list[ClaimedEdition]] = SimpleQueue()
    # Requests are read while a message is rendered or sent: else both sides could wait to send.
    Thread(target=_read_requests, args=(connection, requests), daemon=True).start()
    while True:
        editions = requests.get()
        if shared is not None:
            shared.begin_answer()
        answers: list[_Head | Refused | None] = []
        following: list[bytes] = []
        for edition in editions:
            result = render(edition, write)
            answer = _answer(result, shared)
            answers.append(answer)
            if isinstance(result, Envelope) and isinstance(answer, _Head) and answer.place is None:
                following.append(result.message)
        connection.send(answers)
        for message in following:
            connection.send_bytes(message)


def _answer(result: RenderResult, shared: SharedMessages | None) -> _Head | Refused | None:
    if isinstance(result, Envelope):
        message = result.message
        return _Head(
            result.sender,
            result.recipient,
            isinstance(message, CrlfBytes),
            len(message),
            None if shared is None else shared.put(message),
        )
    # An error that concerns every edition is found again, and raised, by the other side.
    return result if isinstance(result, Refused) else None


def _read_requests(connection: Connection, requests: SimpleQueue[list[ClaimedEdition]]) -> NoReturn:
    with suppress(EOFError, OSError):
        while True:
            requests.put(connection.recv())
    # The other side has ended: nobody waits for what this process has, and it has written nothing.
    os._exit(0)
