"""Runs in a rendering process: renders and signs what comes over its socket."""

import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

from digest.app.application import App
from digest.app.rendering.processes import Installation
from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.garbage_collection import collect_rarely
from digest.logs import redactor, set_up
from digest.pipeline.delivery.render_ahead import render


def run(descriptor: int) -> NoReturn:
    """Renders what comes over the socket until it is closed.

    Args:
        descriptor: the socket.
    """
    # A stop request goes to the whole group; the delivering process decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    collect_rarely()
    connection = Connection(descriptor)
    installation: Installation = connection.recv()
    settings = installation.settings
    redactor.add_secrets(*installation.secrets)
    set_up(
        form=settings.log_format,
        level=settings.log_level or "warning",
        addresses=installation.show_addresses,
    )
    requests: SimpleQueue[list[ClaimedEdition]] = SimpleQueue()
    # Requests are read while a message is rendered or sent: else both sides could wait to send.
    Thread(target=_read_requests, args=(connection, requests), daemon=True).start()
    with App(installation.home, settings) as app:
        while True:
            results = [render(edition, app.message_writer.write) for edition in requests.get()]
            # An error that concerns every edition is found again, and raised, by the other side.
            connection.send(
                [item if isinstance(item, Envelope | Refused) else None for item in results]
            )


def _read_requests(connection: Connection, requests: SimpleQueue[list[ClaimedEdition]]) -> NoReturn:
    with suppress(EOFError, OSError):
        while True:
            requests.put(connection.recv())
    # The other side has ended: nobody waits for what this process has, and it has written nothing.
    os._exit(0)


if __name__ == "__main__":
    with suppress(BrokenPipeError, ConnectionResetError, EOFError):
        run(int(sys.argv[1]))
