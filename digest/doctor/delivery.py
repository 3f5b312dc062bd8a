"""Checks of `digest doctor`: the mail server, and the public page for unsubscribing."""

import shlex
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from digest.app import transports
from digest.app.messages import message_headers
from digest.config.settings.loader import Settings
from digest.doctor.findings import CheckContext, CheckResult, ok, problem, warning

RENEW_BEFORE = timedelta(days=14)  # a certificate should be renewed this long before its end

_TIMEOUT = 15.0  # seconds: nobody waits at a terminal for the minutes that a delivery may take
_TO_READERS = ("smtp", "sendmail")  # kinds of DIGEST_DELIVERY; the others keep messages here
_MESSAGE_SIZE = 200_000  # bytes: twice the largest digest


def check_server(context: CheckContext) -> Iterator[CheckResult]:
    """Checks TLS, the certificate, the login and the sender at the mail server; sends nothing."""
    settings = context.settings()
    missing = settings.delivery_problem()
    if missing:
        yield warning("not looked at, as nothing can be sent yet")
        return
    # A sendmail program queues whatever it is given, so there is nothing to ask it beforehand.
    kind, _, rest = settings.delivery.partition(":")
    if kind == "sendmail":
        program = shlex.split(rest)[0]
        if shutil.which(program) is None:
            yield problem(
                f"DIGEST_DELIVERY: there is no program {program}; name another", exit_code=2
            )
        else:
            yield ok(f"messages go to {program}, which reports nothing before it has one")
    elif kind != "smtp":
        yield ok(f"messages go into {settings.home / rest}, not to a mail server")
    else:
        yield from _smtp(context, settings)


def _smtp(context: CheckContext, settings: Settings) -> Iterator[CheckResult]:
    from digest.mail.transports import smtp_probe

    mail_server = transports.smtp_server(settings)
    # A server that keeps us waiting is a finding as well; deliveries themselves wait longer.
    mail_server = replace(
        mail_server,
        connect_timeout=min(mail_server.connect_timeout, _TIMEOUT),
        timeout=min(mail_server.timeout, _TIMEOUT),
    )
    sender = message_headers.plain_return_path(settings)
    info = smtp_probe.probe(mail_server, sender=sender, clock=time.monotonic)
    login = f", logged in as {mail_server.user}" if info.logged_in else ", without a login"
    yield ok(f"{mail_server}: {info.tls or 'no TLS'}{login}; it takes mail from {sender}")
    # Most installations renew by a timer. If that stopped, the mail stops on this day.
    if info.certificate_expires is not None:
        until = f"{info.certificate_expires:%Y-%m-%d}"
        if info.certificate_expires - context.now < RENEW_BEFORE:
            yield warning(
                f"its certificate ends on {until}, and nothing can be sent after that; have it"
                " renewed"
            )
        else:
            yield ok(f"its certificate is good until {until}")
    elif not settings.uses_local_relay:
        yield warning(
            "mail goes there unencrypted, for everybody on the way to read; set"
            " DIGEST_SMTP_SECURITY=starttls"
        )
    if info.max_message_bytes is not None and info.max_message_bytes < _MESSAGE_SIZE:
        yield problem(
            f"it accepts messages of {info.max_message_bytes:,} bytes at most, and a digest may have"
            f" {_MESSAGE_SIZE:,}; raise its limit",
            exit_code=2,
        )


def check_one_click(context: CheckContext) -> Iterator[CheckResult]:
    """Checks that readers can unsubscribe: by mail, and on the page at its public address."""
    settings = context.settings()
    yield from _unsubscribe_mailbox(settings)
    if settings.base_url is None:
        return
    if settings.base_url.startswith("http:"):
        yield warning(f"{settings.base_url}: only this machine reaches it; set an https address")
    # The site proves with the secret that it is this installation. The key in the database would do,
    # but then the check would need the database, which a first set-up does not have.
    if not settings.secret:
        yield warning(
            "DIGEST_SECRET is not set, so it cannot be told whether DIGEST_BASE_URL leads here;"
            " set it"
        )
        return
    from digest.doctor.site_probe import probe

    keys = tuple(item.get_secret_value().encode() for item in settings.secret)
    result = probe(settings.base_url, keys=keys, challenge=context.challenge)
    if result.ok:
        yield ok(f"{settings.base_url}: one-click unsubscribing works (RFC 8058)")
    else:
        yield problem(result.problem)


def _unsubscribe_mailbox(settings: Settings) -> Iterator[CheckResult]:
    """Checks that the mailbox to which each message sends unsubscribe mails is read."""
    imap_without_password = settings.bounces_imap is not None and settings.bounces_password is None
    if imap_without_password:
        yield problem(
            "DIGEST_BOUNCES_PASSWORD is not set, so unsubscribe mails are not read; set it"
        )
    elif settings.bounces_maildir is not None or settings.bounces_imap is not None:
        if settings.base_url is None:
            yield ok(
                "by mail alone, as DIGEST_BASE_URL is not set; to many thousands of readers,"
                " providers want one-click unsubscribing: docs/unsubscribe.md"
            )
    else:
        # Providers of large lists require one-click unsubscribing, and the law requires some way out. So
        # it is a problem only where messages really go to readers.
        remedy = "set DIGEST_BOUNCES_MAILDIR or DIGEST_BOUNCES_IMAP: docs/bounces.md"
        if settings.base_url is not None:  # the page works, but each message names both ways
            yield warning(f"no mailbox is read, so unsubscribe mails reach nobody; {remedy}")
        elif settings.delivery_problem() or settings.delivery.partition(":")[0] not in _TO_READERS:
            yield warning(
                f"readers could not unsubscribe, as no mailbox is read; before you send: {remedy}"
            )
        else:
            yield problem(
                "readers cannot unsubscribe: no mailbox is read, so unsubscribe mails reach nobody,"
                f" and DIGEST_BASE_URL is not set; {remedy}; or set up the page:"
                " docs/unsubscribe.md"
            )
