"""Runs in a rendering process: renders and signs what comes over its socket."""

import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NoReturn

from digest.app.application import App
from digest.app.rendering.exchange import serve
from digest.app.rendering.processes import Installation
from digest.garbage_collection import collect_rarely
from digest.logs import redactor, set_up


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
    with App(installation.home, settings) as app:
        serve(connection, app.message_writer.write)


if __name__ == "__main__":
    with suppress(BrokenPipeError, ConnectionResetError, EOFError):
        run(int(sys.argv[1]))
