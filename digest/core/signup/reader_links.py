"""The links to the site that messages contain: to the preferences, and for feedback about a paper.

A feedback token is `base64url(subscription, paper: 8 bytes each; seconds since 1970, 6 bytes) .
base64url(HMAC-SHA256, 16 bytes)`. It allows feedback about one paper and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.link_tokens import LinkPurpose, sign_link
from digest.core.subscribers import signed_tokens

FEEDBACK_LIFE = timedelta(days=60)
"""How long a feedback link works."""

OFFERED = (FeedbackKind.MORE, FeedbackKind.LESS, FeedbackKind.SAVED)
"""What a reader may say on the site."""

_PURPOSE = "feedback"
_ID_BYTES, _TIME_BYTES = 8, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackLink:
    """The content of a valid feedback token."""

    subscription_id: int
    paper_id: int
    at: datetime  # when it was signed

    def is_expired(self, now: datetime) -> bool:
        """Whether it is too old."""
        return now - self.at > FEEDBACK_LIFE


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


def feedback_url(
    base_url: str,
    subscription_id: int,
    paper_id: int,
    kind: FeedbackKind,
    *,
    at: datetime,
    secret: bytes,
) -> str:
    """Returns the link to a page with one prepared button, for a paper of a digest.

    Args:
        base_url: DIGEST_BASE_URL.
        subscription_id: the subscription.
        paper_id: the paper.
        kind: what the button says; one of OFFERED.
        at: when the message was composed.
        secret: the key that signs.
    """
    payload = subscription_id.to_bytes(_ID_BYTES, "big") + paper_id.to_bytes(_ID_BYTES, "big")
    payload += int(at.timestamp()).to_bytes(_TIME_BYTES, "big")
    token = signed_tokens.sign_payload(_PURPOSE, payload, secret=secret)
    return f"{base_url}/f/{token}/{kind.value}"


def verify_feedback(token: str, *, secrets: Sequence[bytes]) -> FeedbackLink | None:
    """Returns the content of a feedback token, however old; None if it is not valid.

    Args:
        token: untrusted text.
        secrets: all valid keys.
    """
    length = 2 * _ID_BYTES + _TIME_BYTES
    payload = signed_tokens.verify_payload(_PURPOSE, token, length=length, secrets=secrets)
    if payload is None:
        return None
    seconds = int.from_bytes(payload[2 * _ID_BYTES :], "big")
    return FeedbackLink(
        subscription_id=int.from_bytes(payload[:_ID_BYTES], "big"),
        paper_id=int.from_bytes(payload[_ID_BYTES : 2 * _ID_BYTES], "big"),
        at=datetime.fromtimestamp(seconds, UTC),
    )
