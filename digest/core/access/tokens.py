"""Tokens of the HTTP API: how they look, and what is stored of them."""

import base64
import hashlib
from datetime import datetime, timedelta

from msgspec import Struct

from digest.core.access.scopes import Scope

PREFIX = "pdt_"
"""Each token begins with it, so that programs that search for leaked secrets find it."""

SECRET_BYTES = 32
_LENGTH = len(PREFIX) + 43  # base64url of 32 bytes, without padding
USUAL_REQUESTS = 120  # a minute
MINUTE = timedelta(minutes=1)


class ApiToken(Struct, frozen=True, kw_only=True):
    """A token as it is stored: without the secret."""

    token_id: int
    name: str
    scopes: tuple[Scope, ...]
    requests: int  # that it may send in a minute
    created_at: datetime
    expires_at: datetime | None  # None: never
    revoked_at: datetime | None  # None: it was not
    used_at: datetime | None  # the last minute in which it was used; None: never

    def is_valid(self, now: datetime) -> bool:
        """Whether it may be used at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def token_text(secret: bytes) -> str:
    """Returns the text of a token.

    Args:
        secret: `SECRET_BYTES` random bytes.
    """
    return PREFIX + base64.urlsafe_b64encode(secret).rstrip(b"=").decode("ascii")


def token_hash(text: str) -> str:
    """Returns what is stored of a token.

    SHA-256 alone is enough: nobody can try out 256 random bits.
    """
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def bearer_token(header: str) -> str | None:
    """Returns the token in an Authorization header (RFC 6750); None if there is none.

    Args:
        header: the value of the header; untrusted text.
    """
    scheme, _, text = header.strip().partition(" ")
    text = text.strip()
    is_token = len(text) == _LENGTH and text.isascii() and text.startswith(PREFIX)
    return text if scheme.lower() == "bearer" and is_token else None


def minute_of(now: datetime) -> datetime:
    """Returns the beginning of the minute in which a request is counted."""
    return now.replace(second=0, microsecond=0)


def seconds_to_next_minute(now: datetime) -> int:
    """Returns the seconds until requests are counted anew, at least 1."""
    return max(1, int((minute_of(now) + MINUTE - now).total_seconds()))
