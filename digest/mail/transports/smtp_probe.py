"""A look at the mail server, as a letter would meet it, without sending one."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.errors import DeliveryError, DeliveryRefused
from digest.mail.transports.smtp_connect import SmtpServer, connect, error_words
from digest.mail.transports.smtp_reply import MOST_WORDS
from digest.printable import printable_line


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """What the server is like."""

    tls: str  # such as TLSv1.3; empty without TLS
    certified_until: datetime | None  # the end of its certificate; None without TLS
    logged_in: bool
    largest: int | None  # bytes of a letter; None: it does not say


def probe(server: SmtpServer, *, sender: str, clock: Callable[[], float]) -> ServerInfo:
    """Connects, encrypts, logs in, names the sender, takes that back, and leaves.

    Args:
        server: where to connect, and how.
        sender: the envelope's return path, ASCII.
        clock: seconds that only grow.

    Raises:
        DeliveryError: it cannot be used now.
        DeliveryRefused: it refuses TLS, the login or the sender.
    """
    with closing(connect(server, clock=clock)) as connection:
        try:
            return _seen(connection, server, sender)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                f"{server} cannot be used: {error_words(error)}; look at its log, and try again"
            ) from error


def _seen(connection: smtplib.SMTP, server: SmtpServer, sender: str) -> ServerInfo:
    tls, until = "", None
    if isinstance(connection.sock, ssl.SSLSocket):
        tls = connection.sock.version() or ""
        certificate = connection.sock.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        until = datetime.fromtimestamp(ends, UTC)
    code, reply = connection.mail(sender)
    if code >= 400:
        raise (DeliveryRefused if code >= 500 else DeliveryError)(
            f"{server} refuses the sender {sender}: {code}"
            f" {printable_line(reply.decode('utf-8', 'replace'), limit=MOST_WORDS)}; check DIGEST_FROM and DIGEST_BOUNCES"
        )
    size = connection.esmtp_features.get("size", "")
    connection.rset()
    connection.quit()
    return ServerInfo(
        tls=tls,
        certified_until=until,
        logged_in=server.user is not None,
        largest=int(size) if size.isdigit() and int(size) else None,
    )
