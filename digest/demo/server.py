"""SMTP server on the loopback interface that passes every message to a function."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct


class ReceivedMessage(Struct, frozen=True, kw_only=True):
    """A message as the server received it."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


@contextmanager
def mail_server(deliver: Callable[[ReceivedMessage], str | None]) -> Iterator[int]:
    """Runs an SMTP server on a free port of 127.0.0.1, in a separate thread.

    Args:
        deliver: Called with each message, in the thread of the server. Returns the SMTP reply;
            None stands for `250 OK`.

    Yields:
        The port.
    """
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            received = ReceivedMessage(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                message=envelope.content,
            )
            return deliver(received) or "250 OK"

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        # A fixed host name, so that nothing looks up that of the machine: the demo works offline.
        loop.create_server(lambda: SMTP(Handler(), hostname="localhost", loop=loop), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, name="demo mail server", daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()
