"""Opening an SMTP connection: verified TLS, login, and errors that say what to change.

Nothing falls back to plaintext, and a password never travels without TLS.
"""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from digest.errors import DeliveryError, DeliveryRefused

Security = Literal["starttls", "tls", "none"]

_MOST_WORDS = 300  # characters of a server's reply that are kept
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and how to speak to it."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = None
    timeout: float = 60.0  # seconds to wait for a reply
    ca_file: Path | None = None  # PEM: further authorities to trust

    def __str__(self) -> str:
        return f"mail server {self.host}:{self.port}"


def connect(server: Server) -> smtplib.SMTP:
    """An open connection, encrypted and logged in as `server` says.

    Raises:
        DeliveryError: it cannot be reached, or is not ready.
        DeliveryRefused: its certificate, its lack of TLS or its answer to the login
            forbids sending anything at all.
    """
    with contextlib.ExitStack() as unless_done, _explained(server):
        connection = _open(server)
        unless_done.callback(connection.close)
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _encrypt(connection, server)
        if server.user is not None and server.password is not None:
            _log_in(connection, server.user, server.password, server)
        unless_done.pop_all()
        return connection


def reply_words(code: int, reply: bytes | str) -> str:
    """A server's reply on one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {_line(text)}"


def error_words(error: Exception) -> str:
    """What an exception says, on one line; its type where it says nothing."""
    if isinstance(error, smtplib.SMTPResponseException):
        return reply_words(error.smtp_code, error.smtp_error)
    return _line(str(error)) or type(error).__name__


def _line(text: str) -> str:
    """Somebody else's words, fit for a terminal and a report."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:_MOST_WORDS]


def _open(server: Server) -> smtplib.SMTP:
    # On loopback the client's name means nothing, and looking it up can take seconds.
    name = "localhost" if server.host in _LOOPBACK else None
    if server.security == "tls":
        return smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=server.timeout, context=_context(server)
        )
    return smtplib.SMTP(server.host, server.port, name, timeout=server.timeout)


def _encrypt(connection: smtplib.SMTP, server: Server) -> None:
    if not connection.has_extn("starttls"):
        raise DeliveryRefused(
            f"{server} does not offer STARTTLS; nothing was sent. Set DIGEST_SMTP_SECURITY=tls "
            "and the server's TLS port (often 465), or none for a server on this machine"
        )
    connection.starttls(context=_context(server))
    connection.ehlo()


def _log_in(connection: smtplib.SMTP, user: str, password: str, server: Server) -> None:
    if server.security == "none":
        raise DeliveryRefused(
            f"{server}: a password is never sent without TLS; set "
            "DIGEST_SMTP_SECURITY=starttls or tls"
        )
    connection.login(user, password)


def _context(server: Server) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.ca_file is not None:
        context.load_verify_locations(server.ca_file)
    return context


@contextlib.contextmanager
def _explained(server: Server) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryRefused(
            f"{server} refuses the login of {server.user}: {error_words(error)}; "
            "check DIGEST_SMTP_USER and DIGEST_SMTP_PASSWORD"
        ) from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryRefused(
            f"{server}: its certificate cannot be trusted ({error.verify_message}); nothing was "
            "sent. Use the host name that the certificate is for, or name a private authority "
            "in DIGEST_SMTP_CA_FILE"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryRefused(f"{server}: {error_words(error)}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(
            f"{server} cannot be used: {error_words(error)}; "
            "check DIGEST_SMTP_HOST, DIGEST_SMTP_PORT and DIGEST_SMTP_SECURITY"
        ) from error
