"""What a rendering process and the one that delivers send each other over a socket.

A message is sent as it is, beside the other results: pickling it with them takes several times as
long as all the rest, as it copies the message again and again.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.mail.message.crlf import CrlfBytes
from digest.pipeline.delivery.render_ahead import render


class _Head(Struct, frozen=True):
    """An envelope whose message follows."""

    sender: str
    recipient: str
    has_crlf: bool  # the message is of the type that says so


class ChildRenderer:
    """A rendering process, seen from the one that delivers.

    Args:
        connection: the socket to it.
        process_id: its number in the system.
    """

    def __init__(self, connection: Connection, process_id: int) -> None:
        self._connection = connection
        self.process_id = process_id

    def send(self, editions: Sequence[ClaimedEdition]) -> None:
        """Gives it editions to render; raises OSError if the process is dead."""
        self._connection.send(editions)

    def receive(self) -> list[Envelope | Refused | None]:
        """Waits for the messages of the oldest request; raises EOFError if the process is dead."""
        heads: list[_Head | Refused | None] = self._connection.recv()
        return [self._envelope(item) if isinstance(item, _Head) else item for item in heads]

    def _envelope(self, head: _Head) -> Envelope:
        message = self._connection.recv_bytes()
        return Envelope(
            sender=head.sender,
            recipient=head.recipient,
            message=CrlfBytes(message) if head.has_crlf else message,
        )


def serve(connection: Connection, write: Callable[[ClaimedEdition], Envelope]) -> NoReturn:
    """Renders what comes over a socket until it is closed, and then ends the process.

    Args:
        connection: the socket to the process that delivers.
        write: writes the message of an edition.
    """
    requests: SimpleQueue[list[ClaimedEdition]] = SimpleQueue()
    # Requests are read while a message is rendered or sent: else both sides could wait to send.
    Thread(target=_read_requests, args=(connection, requests), daemon=True).start()
    while True:
        results = [render(edition, write) for edition in requests.get()]
        # An error that concerns every edition is found again, and raised, by the other side.
        envelopes = [item for item in results if isinstance(item, Envelope)]
        connection.send(
            [_head(item) if isinstance(item, Envelope | Refused) else None for item in results]
        )
        for envelope in envelopes:
            connection.send_bytes(envelope.message)


def _head(item: Envelope | Refused) -> _Head | Refused:
    if isinstance(item, Refused):
        return item
    return _Head(item.sender, item.recipient, isinstance(item.message, CrlfBytes))


def _read_requests(connection: Connection, requests: SimpleQueue[list[ClaimedEdition]]) -> NoReturn:
    with suppress(EOFError, OSError):
        while True:
            requests.put(connection.recv())
    # The other side has ended: nobody waits for what this process has, and it has written nothing.
    os._exit(0)
