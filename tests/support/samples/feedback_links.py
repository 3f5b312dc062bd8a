"""The links for feedback in the mails of a reader."""

from datetime import datetime

from digest.core.models.profiles import FeedbackKind
from digest.core.signup.reader_links import FeedbackUrls


def feedback_url(
    base_url: str,
    subscription_id: int,
    paper_id: int,
    kind: FeedbackKind,
    *,
    at: datetime,
    secret: bytes,
) -> str:
    """Returns the link to a page with one prepared button.

    Args:
        base_url: of the site.
        subscription_id: the subscription.
        paper_id: the paper.
        kind: what the button says.
        at: when the message was composed.
        secret: the key that signs.
    """
    urls = FeedbackUrls(base_url, subscription_id, at=at, secret=secret)
    return f"{urls.of(paper_id)}/{kind.value}"
