"""Opens the transport for messages that the settings choose."""

import os
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from digest.config.settings.loader import Settings
from digest.core.models.delivery import Envelope, Outcome, Sent
from digest.pipeline.delivery.deliver import DeliveryOptions, Transport
from digest.pipeline.delivery.options import WORTH_PROCESSES

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
        return Sent(reply="dry run")


def open_transport(settings: Settings) -> AbstractContextManager[Transport]:
    """Returns a transport for one thread; it connects when entered.

    Args:
        settings: DIGEST_DELIVERY: `smtp`, `sendmail:COMMAND`, `maildir:FOLDER` or `file:FOLDER`.
    """
    kind, _, rest = settings.delivery.partition(":")
    if kind == "maildir":
        from digest.mail.transports.maildir import MaildirTransport

        return MaildirTransport(settings.home / rest)
    if kind == "file":
        from digest.mail.transports.maildir import EmlTransport

        return EmlTransport(settings.home / rest)
    if kind == "sendmail":
        import shlex

        from digest.mail.transports.sendmail import SendmailTransport

        return SendmailTransport(shlex.split(rest), timeout=settings.smtp_timeout_dot)
    from digest.mail.transports.smtp import SmtpTransport

    return SmtpTransport(smtp_server(settings), clock=time.monotonic)


def smtp_server(settings: Settings) -> "SmtpServer":
    """Returns the address of the mail server, its login and its time limits."""
    from digest.mail.transports.smtp_connect import SmtpServer

    password = settings.smtp_password
    return SmtpServer(
        host=str(settings.smtp_host),
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        ca_file=settings.smtp_ca_file,
        connect_timeout=settings.smtp_timeout_connect,
        timeout=settings.smtp_timeout,
        data_timeout=settings.smtp_timeout_data,
        dot_timeout=settings.smtp_timeout_dot,
        max_messages=settings.smtp_connection_letters,
        max_age=settings.smtp_connection_seconds,
    )


def delivery_options(settings: Settings) -> DeliveryOptions:
    """Returns the rate, the number of connections, and what happens to editions in doubt."""
    return DeliveryOptions(
        connections=settings.smtp_connections,
        per_minute=settings.smtp_rate,
        # The server counts what all processes send, so its name is the name of the limit.
        rate_shared_as=f"{settings.smtp_host}:{settings.smtp_port}" if settings.smtp_host else "",
        hold=settings.in_doubt == "hold",
        max_lateness=timedelta(hours=settings.max_lateness_hours),
        processes=settings.render_processes or len(os.sched_getaffinity(0)),
        # Who sets the number wants the processes, however short the queue is.
        worth_processes=WORTH_PROCESSES if settings.render_processes is None else 1,
    )
