"""Signed tokens: proof that a link or an address was made here, for one purpose.

A token is `base64url(subscription id, 8 bytes) . base64url(HMAC-SHA256, 16 bytes)`. It is
bound to its purpose, carries no time, and is the same on every retry of a letter.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

_ID_BYTES = 8
_MAC_BYTES = 16  # 128 bits: out of reach of guessing, and short in a mail


def sign(purpose: str, subscription_id: int, *, secret: bytes) -> str:
    """The token that lets its holder do `purpose` to this subscription."""
    payload = subscription_id.to_bytes(_ID_BYTES, "big")
    return f"{_encode(payload)}.{_encode(_mac(purpose, payload, secret))}"


def verify(purpose: str, token: str, *, secrets: Sequence[bytes]) -> int | None:
    """The subscription that the token was made for; None if it was not made here.

    Args:
        purpose: what the token must have been made for.
        token: as it came in, from anywhere.
        secrets: all keys that still count; the first is the one that signs today.
    """
    head, dot, tail = token.partition(".")
    try:
        payload, mac = _decode(head), _decode(tail)
    except (binascii.Error, ValueError):
        return None
    # base64 can spell the same bytes in several ways; only ours counts.
    if not dot or len(payload) != _ID_BYTES or token != f"{_encode(payload)}.{_encode(mac)}":
        return None
    # Every key is tried, so that the time taken tells nothing of which one signed.
    good = [hmac.compare_digest(mac, _mac(purpose, payload, secret)) for secret in secrets]
    return int.from_bytes(payload, "big") if any(good) else None


def _mac(purpose: str, payload: bytes, secret: bytes) -> bytes:
    message = purpose.encode() + b"\0" + payload
    return hmac.new(secret, message, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
