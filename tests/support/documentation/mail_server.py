"""A mail server as a provider has it: STARTTLS by a certificate, and a login over it."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from digest.demo.server import ReceivedMessage


@contextmanager
def mail_server_with_tls(
    take: Callable[[ReceivedMessage], None], folder: Path
) -> Iterator[tuple[int, Path]]:
    """A server on loopback that takes every message and every login.

    Args:
        take: called with each message, in the server's thread.
        folder: where its authority's certificate is put.

    Yields:
        The port, and the certificate to trust.
    """
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            take(
                ReceivedMessage(
                    sender=envelope.mail_from,
                    recipients=tuple(envelope.rcpt_tos),
                    message=envelope.content,
                )
            )
            return "250 2.0.0 OK"

    def make() -> SMTP:
        return SMTP(
            Handler(),
            hostname="localhost",
            loop=loop,
            tls_context=tls,
            authenticator=lambda *_: AuthResult(success=True),
        )

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(make, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], ca_file
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()
