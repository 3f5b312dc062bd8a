"""Signed tokens: proof that a link or an address was made here, for one purpose.

A token is `base64url(subscription id, 8 bytes) . base64url(HMAC-SHA256, 16 bytes)`. It is
bound to its purpose, carries no time, and is the same on every retry of a letter.

A return path holds another form: 40 letters of base32 (edition and subscription, 6 bytes each,
and 13 bytes of HMAC-SHA256), as mail servers may change the case of a local part.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNSUBSCRIBE = "unsubscribe"  # the purpose of the token in List-Unsubscribe
RETURN_TOKEN = 40  # letters of the token in a return path
LOCAL_PART = 64  # octets (RFC 5321, 4.5.3.1.1)

_RETURN = "return"
_PLACE = "*"  # in the setting, where the token goes
_RETURN_ID_BYTES = 6
_RETURN_MAC_BYTES = 13  # 104 bits, and the whole is 40 letters without padding
_RETURN_SHAPE = re.compile(r"(?=((?<![a-z2-7])[a-z2-7]{40}(?![a-z2-7])))", re.IGNORECASE)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPath:
    """What a signed return path stands for."""

    edition_id: int
    subscription_id: int


def return_path(address: str, *, edition_id: int, subscription_id: int, secret: bytes) -> str:
    """The envelope sender of one letter: VERP, signed; nobody can read an address in it.

    Args:
        address: where bounces go; `*` in it is the token's place, else it follows a `+`.
        edition_id: the letter's edition; 0 for one that is in no ledger.
        subscription_id: whose it is.
        secret: the key that signs.
    """
    payload = edition_id.to_bytes(_RETURN_ID_BYTES, "big")
    payload += subscription_id.to_bytes(_RETURN_ID_BYTES, "big")
    mac = _mac(_RETURN, payload, secret)[:_RETURN_MAC_BYTES]
    token = base64.b32encode(payload + mac).decode("ascii").lower()
    return return_pattern(address).replace(_PLACE, token)


def return_pattern(address: str) -> str:
    """The address with `*` where the token goes."""
    if _PLACE in address:
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}+{_PLACE}@{domain}"


def verify_return(address: str, *, secrets: Sequence[bytes]) -> ReturnPath | None:
    """What a return path stands for, whatever a forwarder has put around the token.

    Args:
        address: as it came in, from anywhere.
        secrets: all keys that still count.
    """
    return next(_returned(address, secrets), None)


def keyed_hash(text: str, *, secret: bytes) -> str:
    """A name for a text, such as an address, that tells nothing to who lacks the key."""
    return _mac("hash", text.encode(), secret).hex()


def proof_of_key(challenge: str, *, secret: bytes) -> str:
    """The answer to a challenge that only an installation with this key can give."""
    return _mac("probe", challenge.encode(), secret).hex()


def constant_time_equal(one: str, other: str) -> bool:
    """Whether two proofs are equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def _returned(address: str, secrets: Sequence[bytes]) -> Iterator[ReturnPath]:
    for found in _RETURN_SHAPE.finditer(address.rpartition("@")[0]):
        data = base64.b32decode(found.group(1).upper())
        payload, mac = data[:-_RETURN_MAC_BYTES], data[-_RETURN_MAC_BYTES:]
        good = [
            hmac.compare_digest(mac, _mac(_RETURN, payload, secret)[:_RETURN_MAC_BYTES])
            for secret in secrets
        ]
        if any(good):
            yield ReturnPath(
                edition_id=int.from_bytes(payload[:_RETURN_ID_BYTES], "big"),
                subscription_id=int.from_bytes(payload[_RETURN_ID_BYTES:], "big"),
            )


def _mac(purpose: str, payload: bytes, secret: bytes) -> bytes:
    message = purpose.encode() + b"\0" + payload
    return hmac.new(secret, message, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
