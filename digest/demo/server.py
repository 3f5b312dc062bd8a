"""A mail server embedded on loopback: it takes every letter and keeps it as a file."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """One letter as it came in."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


@contextmanager
def mail_server(deliver: Callable[[ReceivedMessage], str | None]) -> Iterator[int]:
    """A real SMTP server on a free port of 127.0.0.1, in a thread of its own.

    Args:
        deliver: called with each letter, in the server's thread; returns the reply to
            give, None for `250 OK`.

    Yields:
        The port.
    """
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            letter = ReceivedMessage(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                message=envelope.content,
            )
            return deliver(letter) or "250 OK"

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        # A resolver must not be asked for the machine's name: the demo needs no network.
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
