"""The evidence of a consent that a reader gave on the site."""

from datetime import datetime

from digest.core.subscribers.consent import MAX_LENGTH, Consent


def site_consent(wording: str, *, way: str, asked_at: datetime, now: datetime) -> Consent:
    """Returns the consent of a reader who confirmed a request.

    Args:
        wording: what the form said beside its button or its box.
        way: how it was confirmed, such as `link` or `code`.
        asked_at: when the form was sent.
        now: when it was confirmed; the consent counts from this moment.
    """
    text = f"form of the site {asked_at:%Y-%m-%dT%H:%MZ}, confirmed by {way}: {wording}"
    return Consent(text=text[:MAX_LENGTH], given_at=now)
