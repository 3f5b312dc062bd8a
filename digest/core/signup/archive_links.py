"""The links of the archive: to one edition, and to the secret feed of a digest.

A feed token is `base64url(subscription, 8 bytes; version, 4 bytes) . base64url(HMAC-SHA256, 16
bytes)`. It contains no time; a new version makes it invalid.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.subscribers import signed_tokens

_FEED = "feed"
_ID_BYTES, _VERSION_BYTES = 8, 4


class FeedLink(Struct, frozen=True, kw_only=True):
    """The content of a valid feed token."""

    subscription_id: int
    version: int


def edition_url(base_url: str, edition_id: int, *, at: datetime, secret: bytes) -> str:
    """Returns the link that shows an edition to everybody who has it.

    Args:
        base_url: DIGEST_BASE_URL.
        edition_id: the edition.
        at: when it was composed: the age of the link counts from then.
        secret: the key that signs.
    """
    return f"{base_url}/e/{sign_link(LinkPurpose.EDITION, edition_id, at=at, secret=secret)}"


def sign_feed(link: FeedLink, *, secret: bytes) -> str:
    """Returns the token in the address of a feed."""
    payload = link.subscription_id.to_bytes(_ID_BYTES, "big")
    payload += link.version.to_bytes(_VERSION_BYTES, "big")
    return signed_tokens.sign_payload(_FEED, payload, secret=secret)


def verify_feed(token: str, *, secrets: Sequence[bytes]) -> FeedLink | None:
    """Returns the content of a feed token; None if it is not valid.

    Args:
        token: untrusted text.
        secrets: all valid keys.
    """
    length = _ID_BYTES + _VERSION_BYTES
    payload = signed_tokens.verify_payload(_FEED, token, length=length, secrets=secrets)
    if payload is None:
        return None
    return FeedLink(
        subscription_id=int.from_bytes(payload[:_ID_BYTES], "big"),
        version=int.from_bytes(payload[_ID_BYTES:], "big"),
    )
