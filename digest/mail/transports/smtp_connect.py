"""Opening an SMTP connection: verified TLS, login, and errors that say what to change.

Nothing falls back to plaintext, and a password never travels without TLS.
"""

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from digest.errors import DeliveryError, DeliveryRefused
from digest.mail.transports.smtp_line_reader import BoundedLines
from digest.mail.transports.smtp_reply import MOST_WORDS
from digest.printable import printable_line

Security = Literal["starttls", "tls", "none"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server and how to speak to it.

    The waits are those of RFC 5321, 4.5.3.2, or shorter: a server that is slow before the
    final dot costs a retry, one that is slow after it may cost a double.
    """

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None  # PEM: further authorities to trust
    connect_timeout: float = 30.0  # seconds for the connection and the greeting
    timeout: float = 60.0  # seconds to wait for the reply to a command
    data_timeout: float = 180.0  # seconds in which a part of the letter must be taken
    dot_timeout: float = 600.0  # seconds to wait for the reply to the final dot
    most_letters: int = 100  # over one connection, which is then renewed
    most_seconds: float = 300.0  # of one connection's life

    def __str__(self) -> str:
        return f"mail server {self.host}:{self.port}"


def connect(server: SmtpServer, *, clock: Callable[[], float]) -> smtplib.SMTP:
    """An open connection, encrypted and logged in as `server` says.

    Args:
        server: where to connect, and how.
        clock: seconds that only grow; each of the server's replies must be whole in its time.

    Raises:
        DeliveryError: it cannot be reached, or is not ready.
        DeliveryRefused: its certificate, its lack of TLS or its answer to the login
            forbids sending anything at all.
    """
    with contextlib.ExitStack() as unless_done, _explained(server):
        connection = _open(server, clock)
        unless_done.callback(connection.close)
        sock = _socket(connection)
        # Without it the last part of a letter waits for an acknowledgement: 40 ms a letter.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.wait = server.timeout
        sock.settimeout(server.timeout)
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _encrypt(connection, server)
        if server.user is not None and server.password is not None:
            _log_in(connection, server.user, server.password, server)
        unless_done.pop_all()
        return connection


def error_words(error: Exception) -> str:
    """What an exception says, on one line; its type where it says nothing."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return printable_line(f"{error.smtp_code} {text}", limit=MOST_WORDS)
    return printable_line(str(error), limit=MOST_WORDS) or type(error).__name__


def _heard(error: Exception, server: SmtpServer) -> str:
    """What it says, without the password: a server may repeat what it was told."""
    said = error_words(error)
    if not server.password:
        return said
    told = f"\0{server.user}\0{server.password}".encode()
    for form in (server.password, base64.b64encode(told).decode("ascii")):
        said = said.replace(form, "***")
    return said


def _socket(connection: smtplib.SMTP) -> socket.socket:
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("the server closed the connection")
    return connection.sock


class _Bounded(smtplib.SMTP):
    """smtplib's, which waits anew for each part of a reply, with an end to that."""

    def __init__(
        self, server: SmtpServer, name: str | None, clock: Callable[[], float], **how: Any
    ) -> None:
        self._clock = clock
        self.wait = server.connect_timeout  # seconds for each reply
        super().__init__(server.host, server.port, name, timeout=self.wait, **how)

    def getreply(self) -> tuple[int, bytes]:
        """The next reply."""
        if self.sock is None:
            return super().getreply()
        if self.file is None:  # smtplib would make one, and does after STARTTLS
            self.file = BoundedLines(self.sock, clock=self._clock)
        self.file.until = self._clock() + self.wait
        reply = super().getreply()
        self.sock.settimeout(self.wait)
        return reply


class _BoundedTls(_Bounded, smtplib.SMTP_SSL):
    """The same, with TLS from the start."""


def _open(server: SmtpServer, clock: Callable[[], float]) -> _Bounded:
    # On loopback the client's name means nothing, and looking it up can take seconds.
    name = "localhost" if server.host in _LOOPBACK else None
    if server.security == "tls":
        return _BoundedTls(server, name, clock, context=_context(server))
    return _Bounded(server, name, clock)


def _encrypt(connection: smtplib.SMTP, server: SmtpServer) -> None:
    if not connection.has_extn("starttls"):
        raise DeliveryRefused(
            f"{server} does not offer STARTTLS; nothing was sent. Set DIGEST_SMTP_SECURITY=tls "
            "and the server's TLS port (often 465), or none for a server on this machine"
        )
    connection.starttls(context=_context(server))
    connection.ehlo_or_helo_if_needed()


def _log_in(connection: smtplib.SMTP, user: str, password: str, server: SmtpServer) -> None:
    # Asked of the socket, not of the settings: what counts is what the bytes go through.
    if server.security == "none" or not isinstance(connection.sock, ssl.SSLSocket):
        raise DeliveryRefused(
            f"{server}: a password is never sent without TLS; set "
            "DIGEST_SMTP_SECURITY=starttls or tls"
        )
    if user.isascii() and password.isascii():
        connection.login(user, password)
        return
    # smtplib knows ASCII alone; PLAIN is UTF-8 (RFC 4616).
    if "PLAIN" not in connection.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError(
            "it offers no AUTH PLAIN, and no other way takes a password that is not ASCII"
        )
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, reply = connection.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    return context


@contextlib.contextmanager
def _explained(server: SmtpServer) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise DeliveryError(
                f"{server} cannot take the login of {server.user} now: {_heard(error, server)}"
            ) from error
        raise DeliveryRefused(
            f"{server} refuses the login of {server.user}: {_heard(error, server)}; "
            "check DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryRefused(
            f"{server}: its certificate cannot be trusted ({error.verify_message}); nothing was "
            "sent. Use the host name that the certificate is for, or name a private authority "
            "in DIGEST_SMTP_CA_FILE"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryRefused(f"{server}: {_heard(error, server)}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(
            f"{server} cannot be used: {_heard(error, server)}; "
            "check DIGEST_SMTP_HOST, DIGEST_SMTP_PORT and DIGEST_SMTP_SECURITY"
        ) from error
