"""Opens an SMTP connection with verified TLS and a login; errors say what to change.

Nothing falls back to plaintext, and no password is sent without TLS.
"""

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from digest.errors import DeliveryError, DeliveryRefused
from digest.mail.transports.smtp_line_reader import DeadlineLineReader
from digest.mail.transports.smtp_reply import MAX_REPLY_TEXT
from digest.printable import printable_line

Security = Literal["starttls", "tls", "none"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SmtpServer(Struct, frozen=True, kw_only=True):
    """A mail server, and how to connect to it.

    The timeouts are those of RFC 5321, 4.5.3.2, or shorter. A timeout before the final dot costs
    a retry; a timeout after it may cause a duplicate, so `dot_timeout` is the longest.
    """

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None  # additional trusted certificates, PEM
    connect_timeout: float = 30.0  # seconds for the connection and the greeting
    timeout: float = 60.0  # seconds to wait for the reply to a command
    data_timeout: float = 180.0  # seconds for the server to accept a part of the message
    dot_timeout: float = 600.0  # seconds to wait for the reply to the final dot
    max_messages: int = 100  # messages over one connection before it is renewed
    max_age: float = 300.0  # age at which a connection is renewed

    def __str__(self) -> str:
        return f"mail server {self.host}:{self.port}"


def connect(server: SmtpServer, *, clock: Callable[[], float]) -> smtplib.SMTP:
    """Opens a connection, with TLS and a login if `server` has them.

    Args:
        server: the address of the server, and how to connect to it.
        clock: a monotonic clock, in seconds; limits the time for each reply.

    Raises:
        DeliveryError: the server cannot be reached, or is not ready.
        DeliveryRefused: nothing may be sent: the certificate is not trusted, TLS is missing,
            or the server rejects the login.
    """
    with contextlib.ExitStack() as cleanup, _translate_errors(server):
        connection = _open(server, clock)
        cleanup.callback(connection.close)
        sock = _open_socket(connection)
        # Otherwise the last part of each message waits for an acknowledgement, about 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.reply_timeout = server.timeout
        sock.settimeout(server.timeout)
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _start_tls(connection, server)
        if server.user is not None and server.password is not None:
            _log_in(connection, server.user, server.password, server)
        cleanup.pop_all()  # success: the caller closes the connection
        return connection


def error_text(error: Exception) -> str:
    """Returns the message of an exception on one line, or its type if the message is empty."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        return printable_line(f"{error.smtp_code} {text}", limit=MAX_REPLY_TEXT)
    return printable_line(str(error), limit=MAX_REPLY_TEXT) or type(error).__name__


def _redacted_text(error: Exception, server: SmtpServer) -> str:
    """Returns the text of an error without the password, which a server may repeat."""
    text = error_text(error)
    if not server.password:
        return text
    credentials = f"\0{server.user}\0{server.password}".encode()
    for secret in (server.password, base64.b64encode(credentials).decode("ascii")):
        text = text.replace(secret, "***")
    return text


def _open_socket(connection: smtplib.SMTP) -> socket.socket:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("the server closed the connection")
    return connection.sock


class _DeadlineSmtp(smtplib.SMTP):
    """An smtplib connection with a time limit for each whole reply.

    smtplib alone restarts the timeout with each part of a reply that arrives.
    """

    def __init__(
        self, server: SmtpServer, name: str | None, clock: Callable[[], float], **options: Any
    ) -> None:
        self._clock = clock
        self.reply_timeout = server.connect_timeout  # seconds for each reply
        super().__init__(server.host, server.port, name, timeout=self.reply_timeout, **options)

    def getreply(self) -> tuple[int, bytes]:
        """Reads the next reply."""
        if self.sock is None:
            return super().getreply()
        if self.file is None:  # before the first reply, and again after STARTTLS
            self.file = DeadlineLineReader(self.sock, clock=self._clock)
        self.file.deadline = self._clock() + self.reply_timeout
        reply = super().getreply()
        self.sock.settimeout(self.reply_timeout)
        return reply


class _DeadlineSmtpTls(_DeadlineSmtp, smtplib.SMTP_SSL):
    """The same with TLS from the start."""


def _open(server: SmtpServer, clock: Callable[[], float]) -> _DeadlineSmtp:
    # On loopback, the name of the client does not matter, and its lookup can take seconds.
    name = "localhost" if server.host in _LOOPBACK else None
    if server.security == "tls":
        return _DeadlineSmtpTls(server, name, clock, context=_tls_context(server))
    return _DeadlineSmtp(server, name, clock)


def _start_tls(connection: smtplib.SMTP, server: SmtpServer) -> None:
    if not connection.has_extn("starttls"):
        raise DeliveryRefused(
            f"{server} does not offer STARTTLS; nothing was sent. Set DIGEST_SMTP_SECURITY=tls "
            "and the server's TLS port (often 465), or none for a server on this machine"
        )
    connection.starttls(context=_tls_context(server))
    connection.ehlo_or_helo_if_needed()


def _log_in(connection: smtplib.SMTP, user: str, password: str, server: SmtpServer) -> None:
    # The setting alone is no proof of encryption, so the socket itself is checked.
    if server.security == "none" or not isinstance(connection.sock, ssl.SSLSocket):
        raise DeliveryRefused(
            f"{server}: a password is never sent without TLS; set "
            "DIGEST_SMTP_SECURITY=starttls or tls"
        )
    if user.isascii() and password.isascii():
        connection.login(user, password)
        return
    # smtplib supports ASCII only; PLAIN is UTF-8 (RFC 4616).
    if "PLAIN" not in connection.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError(
            "it offers no AUTH PLAIN, and no other way takes a password that is not ASCII"
        )
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = connection.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _tls_context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    return context


@contextlib.contextmanager
def _translate_errors(server: SmtpServer) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise DeliveryError(
                f"{server} cannot take the login of {server.user} now: {_redacted_text(error, server)}"
            ) from error
        raise DeliveryRefused(
            f"{server} refuses the login of {server.user}: {_redacted_text(error, server)}; "
            "check DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryRefused(
            f"{server}: its certificate cannot be trusted ({error.verify_message}); nothing was "
            "sent. Use the host name that the certificate is for, or name a private authority "
            "in DIGEST_SMTP_CA_FILE"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryRefused(f"{server}: {_redacted_text(error, server)}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(
            f"{server} cannot be used: {_redacted_text(error, server)}; "
            "check DIGEST_SMTP_HOST, DIGEST_SMTP_PORT and DIGEST_SMTP_SECURITY"
        ) from error
