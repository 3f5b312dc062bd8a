"""Webhooks: what they tell, how their messages are signed, and when they are sent again.

The signature is that of the Standard Webhooks specification,
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from digest.core.network_addresses import is_address, is_public

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - how the specification marks a secret
MAX_URL = 500  # characters
GIVE_UP_AFTER = timedelta(days=3)
"""A webhook that failed for so long without one success is switched off."""

MAX_FAILURES = 17
"""A message that failed so often is given up; with the pauses below, that is after three days."""

_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""After each failure of a message; after the last one, the pause stays."""


class WebhookEvent(StrEnum):
    """What a webhook can tell."""

    SENT = "sent"  # the mail server accepted a digest
    BOUNCED = "bounced"  # a message came back, or its reader complained
    SUBSCRIBED = "subscribed"  # a subscription began
    LEFT = "left"  # a reader unsubscribed or left a mailing list, or was suppressed


class WebhookReport(Struct, frozen=True, kw_only=True):
    """What one run did."""

    sent: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()  # webhooks that were switched off, one line each


class WebhookMessage(Struct, frozen=True, kw_only=True):
    """One event for one webhook. It names readers by numbers, never by addresses."""

    message_id: str  # the same in every attempt
    event: WebhookEvent
    at: datetime  # when it happened
    data: Mapping[str, Any]

    def body(self) -> bytes:
        """Returns the bytes that are sent and signed."""
        value = {
            "type": self.event.value,
            "timestamp": self.at.astimezone(UTC).isoformat(),
            "data": dict(self.data),
        }
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")


def secret_text(secret: bytes) -> str:
    """Returns the text of a webhook's secret.

    Args:
        secret: `SECRET_BYTES` random bytes.
    """
    return SECRET_PREFIX + base64.b64encode(secret).decode("ascii")


def signed_headers(message_id: str, body: bytes, *, secret: str, now: datetime) -> dict[str, str]:
    """Returns the headers by which the receiver checks a message.

    Args:
        message_id: Of the message.
        body: The bytes that are sent.
        secret: From `secret_text`.
        now: The time of this attempt; the receiver refuses old ones.
    """
    seconds = int(now.timestamp())
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    content = f"{message_id}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
    return {
        "Content-Type": "application/json",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(seconds),
        "Webhook-Signature": f"v1,{signature}",
    }


def next_attempt(failures: int, *, now: datetime) -> datetime | None:
    """Returns when a message is sent again; None: never.

    Args:
        failures: How often it failed, at least once.
        now: The time of the last failure.
    """
    if failures >= MAX_FAILURES:
        return None
    return now + _PAUSES[min(failures, len(_PAUSES)) - 1]


def check_url(url: str) -> str:
    """Returns the address of a webhook without surrounding space.

    The name of its host is looked up when a message is sent, and each address checked then.

    Raises:
        ValueError: It cannot be the address of a webhook; says why.
    """
    url = url.strip()
    if len(url) > MAX_URL:
        raise ValueError(f"is longer than {MAX_URL} characters")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("contains a space or other characters that an address cannot have")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is no web address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no web address; write https://…")
    if parts.username is not None or parts.password is not None:
        raise ValueError("contains a name or a password; remove them")
    if port == 0:
        raise ValueError("there is no port 0")
    _refuse_inside(parts.hostname)
    return url


def _refuse_inside(host: str) -> None:
    """Raises ValueError for a host that is certainly not on the public internet."""
    if is_address(host):
        is_inside = not is_public(host)
    else:
        is_inside = host == "localhost" or host.endswith((".localhost", ".internal", ".local"))
    if is_inside:
        raise ValueError("is inside the network; webhooks go to the public internet only")
