"""Tests the SMTP server without sending a message: connection, TLS, login and sender."""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from msgspec import Struct

from digest.errors import DeliveryError, DeliveryRefused
from digest.mail.transports.smtp_connect import SmtpServer, connect, error_text
from digest.mail.transports.smtp_reply import MAX_REPLY_TEXT
from digest.printable import printable_line


class ServerInfo(Struct, frozen=True, kw_only=True):
    """What the probe learned about the server."""

    tls: str  # the version, such as TLSv1.3; empty without TLS
    certificate_expires: datetime | None  # when its certificate expires; None without TLS
    logged_in: bool
    max_message_bytes: (
        int | None
    )  # maximum size of a message in bytes; None if the server does not say


def probe(server: SmtpServer, *, sender: str, clock: Callable[[], float]) -> ServerInfo:
    """Connects, starts TLS, logs in, names the sender with MAIL, resets and quits.

    Args:
        server: the address of the server, and how to connect to it.
        sender: the return path of the envelope, ASCII.
        clock: a monotonic clock, in seconds.

    Raises:
        DeliveryError: the server cannot be used at the moment.
        DeliveryRefused: the server rejects TLS, the login or the sender.
    """
    with closing(connect(server, clock=clock)) as connection:
        try:
            return _server_info(connection, server, sender)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                f"{server} cannot be used: {error_text(error)}; look at its log, and try again"
            ) from error


def _server_info(connection: smtplib.SMTP, server: SmtpServer, sender: str) -> ServerInfo:
    tls, expires = "", None
    if isinstance(connection.sock, ssl.SSLSocket):
        tls = connection.sock.version() or ""
        certificate = connection.sock.getpeercert() or {}
        seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        expires = datetime.fromtimestamp(seconds, UTC)
    code, reply = connection.mail(sender)
    if code >= 400:
        reason = printable_line(reply.decode("utf-8", "replace"), limit=MAX_REPLY_TEXT)
        raise (DeliveryRefused if code >= 500 else DeliveryError)(
            f"{server} refuses the sender {sender}: {code} {reason}; "
            "check DIGEST_FROM and DIGEST_BOUNCES"
        )
    size = connection.esmtp_features.get("size", "")
    connection.rset()
    connection.quit()
    return ServerInfo(
        tls=tls,
        certificate_expires=expires,
        logged_in=server.user is not None,
        max_message_bytes=_size_limit(size),
    )


def _size_limit(size: str) -> int | None:
    """Returns the parameter of SIZE (RFC 1870); None if the server states no limit."""
    number = re.fullmatch("0*([1-9][0-9]{0,18})", size.strip())
    return int(number[1]) if number else None
