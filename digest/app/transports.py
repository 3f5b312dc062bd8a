"""How letters leave, as the settings say."""

import shlex
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from digest.config.settings.loader import Settings
from digest.core.models.delivery import Envelope, Outcome, Sent
from digest.pipeline.delivery.deliver import DeliveryOptions, Transport

if TYPE_CHECKING:
    from digest.mail.transports.smtp_connect import SmtpServer


class DryRunTransport:
    """A transport that sends nothing and reports every message as sent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Returns `Sent` without sending."""
        del sender, recipient, message, following
        return Sent(reply="rehearsed")


def open_transport(chosen: Settings) -> AbstractContextManager[Transport]:
    """A way out for one thread; it connects when entered."""
    kind, _, rest = chosen.delivery.partition(":")
    if kind == "maildir":
        from digest.mail.transports.maildir import MaildirTransport

        return MaildirTransport(chosen.home / rest)
    if kind == "file":
        from digest.mail.transports.maildir import EmlTransport

        return EmlTransport(chosen.home / rest)
    if kind == "sendmail":
        from digest.mail.transports.sendmail import SendmailTransport

        return SendmailTransport(shlex.split(rest), timeout=chosen.smtp_timeout_dot)
    from digest.mail.transports.smtp import SmtpTransport

    return SmtpTransport(server(chosen), clock=time.monotonic)


def server(chosen: Settings) -> "SmtpServer":
    """The mail server, and how to speak to it."""
    from digest.mail.transports.smtp_connect import SmtpServer

    password = chosen.smtp_password
    return SmtpServer(
        host=str(chosen.smtp_host),
        port=chosen.smtp_port,
        security=chosen.smtp_security,
        user=chosen.smtp_user,
        password=password.get_secret_value() if password else None,
        ca_file=chosen.smtp_ca_file,
        connect_timeout=chosen.smtp_timeout_connect,
        timeout=chosen.smtp_timeout,
        data_timeout=chosen.smtp_timeout_data,
        dot_timeout=chosen.smtp_timeout_dot,
        most_letters=chosen.smtp_connection_letters,
        most_seconds=chosen.smtp_connection_seconds,
    )


def delivery_options(chosen: Settings) -> DeliveryOptions:
    """How fast, over how many connections, and what to do in doubt."""
    return DeliveryOptions(
        connections=chosen.smtp_connections,
        per_minute=chosen.smtp_rate,
        hold=chosen.in_doubt == "hold",
        max_lateness=timedelta(hours=chosen.max_lateness_hours),
    )
