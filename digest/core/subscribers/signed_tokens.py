"""Signs and verifies the tokens in unsubscribe links and return paths.

A token is `base64url(subscription id, 8 bytes) . base64url(HMAC-SHA256, 16 bytes)`. It is valid for
one purpose, contains no time, and is the same in every attempt to send a message.

A return path contains another form, because mail servers may change the case of a local part: 40
characters of base32 (edition and subscription, 6 bytes each, and 13 bytes of HMAC-SHA256).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from digest.late_patterns import late_pattern

UNSUBSCRIBE = "unsubscribe"  # the purpose of the token in List-Unsubscribe
RETURN_TOKEN_LENGTH = 40  # characters of the token in a return path
MAX_LOCAL_PART = 64  # maximum length in octets (RFC 5321, 4.5.3.1.1)

_RETURN = "return"
_PLACE = "*"  # in the setting, replaced by the token
_RETURN_ID_BYTES = 6
_RETURN_MAC_BYTES = 13  # 104 bits; the token is then 40 characters without padding
_RETURN_SHAPE = late_pattern(r"(?=((?<![a-z2-7])[a-z2-7]{40}(?![a-z2-7])))", re.IGNORECASE)

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ID_BYTES = 8
_MAC_BYTES = 16  # 128 bits cannot be guessed, and are still short in a link


def sign(purpose: str, subscription_id: int, *, secret: bytes) -> str:
    """Returns the token that allows its holder one purpose for one subscription.

    Args:
        purpose: what the token allows, such as `UNSUBSCRIBE`.
        subscription_id: the subscription.
        secret: the key that signs.
    """
    return sign_payload(purpose, subscription_id.to_bytes(_ID_BYTES, "big"), secret=secret)


def verify(purpose: str, token: str, *, secrets: Sequence[bytes]) -> int | None:
    """Returns the id of the subscription for which the token was signed; None if not valid.

    Args:
        purpose: the purpose for which the token must have been signed.
        token: untrusted text.
        secrets: all valid keys; the first is the one that signs now.
    """
    payload = verify_payload(purpose, token, length=_ID_BYTES, secrets=secrets)
    return None if payload is None else int.from_bytes(payload, "big")


def sign_payload(purpose: str, payload: bytes, *, secret: bytes) -> str:
    """Returns `base64url(payload) . base64url(HMAC-SHA256, 16 bytes)`, valid for one purpose."""
    return f"{_encode(payload)}.{_encode(_mac(purpose, payload, secret))}"


def verify_payload(
    purpose: str, token: str, *, length: int, secrets: Sequence[bytes]
) -> bytes | None:
    """Returns the payload of a token of `sign_payload`; None if it is not valid.

    Args:
        purpose: the purpose for which the token must have been signed.
        token: untrusted text.
        length: bytes of the payload; tokens of another length are not valid.
        secrets: all valid keys; the first is the one that signs now.
    """
    head, dot, tail = token.partition(".")
    try:
        payload, mac = _decode(head), _decode(tail)
    except (binascii.Error, ValueError):
        return None
    # base64 can encode the same bytes in several ways; only the one of `sign_payload` is valid.
    if not dot or len(payload) != length or token != f"{_encode(payload)}.{_encode(mac)}":
        return None
    # Every key is tried, so that the time does not show which one signed.
    good = [hmac.compare_digest(mac, _mac(purpose, payload, secret)) for secret in secrets]
    return payload if any(good) else None


class ReturnPath(Struct, frozen=True, kw_only=True):
    """The content of a signed return path."""

    edition_id: int
    subscription_id: int


def return_path(address: str, *, edition_id: int, subscription_id: int, secret: bytes) -> str:
    """Returns the envelope sender of one message: a signed VERP address.

    It does not contain the reader's address.

    Args:
        address: where bounces go. A `*` in it is replaced by the token; without one, `+` and the
            token are added to the local part.
        edition_id: the edition of the message; 0 for a message that is not in the ledger.
        subscription_id: the subscription of the message.
        secret: the key that signs.
    """
    payload = edition_id.to_bytes(_RETURN_ID_BYTES, "big")
    payload += subscription_id.to_bytes(_RETURN_ID_BYTES, "big")
    mac = _mac(_RETURN, payload, secret)[:_RETURN_MAC_BYTES]
    token = base64.b32encode(payload + mac).decode("ascii").lower()
    return return_pattern(address).replace(_PLACE, token)


def return_pattern(address: str) -> str:
    """Returns the address with a `*` at the position of the token."""
    if _PLACE in address:
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}+{_PLACE}@{domain}"


def verify_return(address: str, *, secrets: Sequence[bytes]) -> ReturnPath | None:
    """Returns the content of a return path; None if it contains no valid token.

    A forwarder may have added text around the token.

    Args:
        address: untrusted text.
        secrets: all valid keys.
    """
    return next(_valid_tokens(address, secrets), None)


def keyed_hash(text: str, *, secret: bytes) -> str:
    """Returns a hash of a text, such as an address, that nobody can compute without the key."""
    return _mac("hash", text.encode(), secret).hex()


def keyed_number(purpose: str, text: str, *, below: int, secret: bytes) -> int:
    """Returns a number from 0 to below `below` that nobody can compute without the key."""
    return int.from_bytes(_mac(purpose, text.encode(), secret), "big") % below


def proof_of_key(challenge: str, *, secret: bytes) -> str:
    """Returns the response to a challenge, which only an installation with this key can give."""
    return _mac("probe", challenge.encode(), secret).hex()


def constant_time_equal(first: str, second: str) -> bool:
    """Returns True if two proofs are equal. The time does not depend on their contents."""
    return hmac.compare_digest(first.encode(), second.encode())


def _valid_tokens(address: str, secrets: Sequence[bytes]) -> Iterator[ReturnPath]:
    for match in _RETURN_SHAPE.finditer(address.rpartition("@")[0]):
        data = base64.b32decode(match.group(1).upper())
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
    code = _keyed(purpose, secret).copy()
    code.update(payload)
    return code.digest()[:_MAC_BYTES]


@lru_cache(maxsize=100)  # each message has the same few, and copying takes half as long
def _keyed(purpose: str, secret: bytes) -> hmac.HMAC:
    # The zero byte separates the two: a token for one purpose is none for another.
    return hmac.new(secret, purpose.encode() + b"\0", "sha256")


def _encode(data: bytes) -> str:
    encoded = binascii.b2a_base64(data, newline=False)
    return encoded.translate(_URL_SAFE, b"=").decode("ascii")


def _decode(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
