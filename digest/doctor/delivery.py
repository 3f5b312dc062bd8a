"""What `digest doctor` says of the way out, and of the way to leave."""

import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from digest.app import message_headers, transports
from digest.config.settings.loader import Settings
from digest.doctor.findings import CheckContext, CheckResult, ok, problem, warning

SOON = timedelta(days=14)  # in which a certificate should have been renewed

_PATIENCE = 15.0  # seconds
_LARGE = 200_000  # bytes: the largest digest, twice


def server(place: CheckContext) -> Iterator[CheckResult]:
    """The mail server: TLS, its certificate, the login, the sender. Nothing is sent."""
    chosen = place.settings()
    missing = chosen.delivery_problem()
    if missing:
        yield warning("not looked at, as nothing can be sent yet")
        return
    kind, _, rest = chosen.delivery.partition(":")
    if kind == "sendmail":
        program = shlex.split(rest)[0]
        if shutil.which(program) is None:
            yield problem(
                f"DIGEST_DELIVERY: there is no program {program}; name another", exit_code=2
            )
        else:
            yield ok(f"letters go to {program}, which says nothing before it has one")
    elif kind != "smtp":
        yield ok(f"letters go into {chosen.home / rest}, not to a mail server")
    else:
        yield from _smtp(place, chosen)


def _smtp(place: CheckContext, chosen: Settings) -> Iterator[CheckResult]:
    from digest.mail.transports import smtp_probe

    found = transports.smtp_server(chosen)
    found = replace(found, connect_timeout=min(found.connect_timeout, _PATIENCE))
    found = replace(found, timeout=min(found.timeout, _PATIENCE))
    sender = message_headers.sender_address(chosen)
    seen = smtp_probe.probe(found, sender=sender, clock=time.monotonic)
    login = f", logged in as {found.user}" if seen.logged_in else ", without a login"
    yield ok(f"{found}: {seen.tls or 'no TLS'}{login}; it takes mail from {sender}")
    if seen.certified_until is not None:
        until = f"{seen.certified_until:%Y-%m-%d}"
        if seen.certified_until - place.now < SOON:
            yield warning(
                f"its certificate ends on {until}, and nothing can be sent after that; have it"
                " renewed"
            )
        else:
            yield ok(f"its certificate is good until {until}")
    elif not chosen.relays_here:
        yield warning(
            "mail goes there unencrypted, for everybody on the way to read; set"
            " DIGEST_SMTP_SECURITY=starttls"
        )
    if seen.largest is not None and seen.largest < _LARGE:
        yield problem(
            f"it takes letters of {seen.largest:,} bytes at most, and a digest may have"
            f" {_LARGE:,}; raise its limit",
            exit_code=2,
        )


def one_click(place: CheckContext) -> Iterator[CheckResult]:
    """The address that readers unsubscribe at, as the world reaches it."""
    chosen = place.settings()
    if chosen.base_url is None:
        yield ok(
            "by mail alone, as DIGEST_BASE_URL is not set; to many thousands of readers,"
            " providers want one-click unsubscribing: docs/unsubscribe.md"
        )
        return
    if chosen.base_url.startswith("http:"):
        yield warning(f"{chosen.base_url}: only this machine reaches it; set an https address")
    if not chosen.secret:
        yield warning(
            "DIGEST_SECRET is not set, so it cannot be told whether DIGEST_BASE_URL leads here;"
            " set it"
        )
        return
    from digest.doctor.site_probe import probe

    keys = tuple(item.get_secret_value().encode() for item in chosen.secret)
    answer = probe(chosen.base_url, keys=keys, challenge=place.challenge)
    if answer.ok:
        yield ok(f"{chosen.base_url}: one-click unsubscribing works (RFC 8058)")
    else:
        yield problem(answer.problem)
