"""The links to the site that messages contain: to the preferences, and for feedback about a paper.

A feedback token is `base64url(subscription, 5 bytes; days since 1970, 2; paper, 5; code, 9)`. It allows
feedback about one paper and nothing else. The code is BLAKE2s (RFC 7693) of the paper, with a key that
HMAC-SHA256 makes from the other fields: a message needs one HMAC, which takes longer, for all its papers.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link

FEEDBACK_LIFE = timedelta(days=60)
"""How long a feedback link works."""

OFFERED = (FeedbackKind.MORE, FeedbackKind.LESS, FeedbackKind.SAVED)
"""What a reader may say on the site."""

_PURPOSE = b"feedback\0"
_ID_BYTES, _DAY_BYTES = 5, 2
_CODE_BYTES = 9  # 72 bits: who guesses one can say something about one paper
_HEAD_BYTES = _ID_BYTES + _DAY_BYTES
_TOKEN_LENGTH = 4 * (_HEAD_BYTES + _ID_BYTES + _CODE_BYTES) // 3
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_EPOCH = date(1970, 1, 1)


class FeedbackLink(Struct, frozen=True, kw_only=True):
    """The content of a valid feedback token."""

    subscription_id: int
    paper_id: int
    on: date  # the day (UTC) of its message

    def is_expired(self, now: datetime) -> bool:
        """Whether it is too old."""
        return now.astimezone(UTC).date() - self.on > FEEDBACK_LIFE


def preferences_url(base_url: str, subscription_id: int, *, at: datetime, secret: bytes) -> str:
    """Returns the link to the preferences of a subscription, for its digests.

    Args:
        base_url: DIGEST_BASE_URL.
        subscription_id: the subscription.
        at: when the message was composed: the age of the link counts from then.
        secret: the key that signs.
    """
    token = sign_link(LinkPurpose.PREFERENCES, subscription_id, at=at, secret=secret)
    return f"{base_url}/p/{token}"


class FeedbackUrls:
    """The feedback links of one message.

    Args:
        base_url: DIGEST_BASE_URL.
        subscription_id: the subscription.
        at: when the message was composed.
        secret: the key that signs.
    """

    def __init__(self, base_url: str, subscription_id: int, *, at: datetime, secret: bytes) -> None:
        day = (at.astimezone(UTC).date() - _EPOCH).days
        self._head = subscription_id.to_bytes(_ID_BYTES, "big") + day.to_bytes(_DAY_BYTES, "big")
        self._code = _code(self._head, secret)
        self._start = f"{base_url}/f/"

    def of(self, paper_id: int) -> str:
        """Returns the address for a paper; `/more`, `/less` or `/saved` follows it."""
        paper = paper_id.to_bytes(_ID_BYTES, "big")
        code = self._code.copy()
        code.update(paper)
        token = binascii.b2a_base64(self._head + paper + code.digest(), newline=False)
        return self._start + token.translate(_URL_SAFE).decode("ascii")


def verify_feedback(token: str, *, secrets: Sequence[bytes]) -> FeedbackLink | None:
    """Returns the content of a feedback token, however old; None if it is not valid.

    Args:
        token: untrusted text.
        secrets: all valid keys.
    """
    try:
        data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The length has no padding, so no other text encodes the same bytes.
    if len(token) != _TOKEN_LENGTH or len(data) != _HEAD_BYTES + _ID_BYTES + _CODE_BYTES:
        return None
    head, paper = data[:_HEAD_BYTES], data[_HEAD_BYTES:-_CODE_BYTES]
    good = []
    # Every key is tried, so that the time does not show which one signed.
    for secret in secrets:
        code = _code(head, secret)
        code.update(paper)
        good.append(hmac.compare_digest(data[-_CODE_BYTES:], code.digest()))
    if not any(good):
        return None
    return FeedbackLink(
        subscription_id=int.from_bytes(head[:_ID_BYTES], "big"),
        paper_id=int.from_bytes(paper, "big"),
        on=_EPOCH + timedelta(days=int.from_bytes(head[_ID_BYTES:], "big")),
    )


def _code(head: bytes, secret: bytes) -> hashlib.blake2s:
    """Returns the code of a message, to which the paper is added."""
    keyed = _keyed(secret).copy()
    keyed.update(head)
    return hashlib.blake2s(key=keyed.digest(), digest_size=_CODE_BYTES)


@lru_cache(maxsize=10)  # a message has one of the few keys, and copying takes half as long
def _keyed(secret: bytes) -> hmac.HMAC:
    # The zero byte separates the purpose: a token for another purpose is none for this one.
    return hmac.new(secret, _PURPOSE, "sha256")
