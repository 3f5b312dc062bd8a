"""Reads what an operator writes about a consent: how and when the reader gave it.

The text is kept as evidence. Its date decides whether the consent is newer than the moment at
which the reader left: an old consent, such as a row of an old list, brings nobody back.
"""

import re
from datetime import UTC, datetime

from msgspec import Struct

from digest.core.subscribers.email_addresses import UNPRINTABLE
from digest.late_patterns import late_pattern

MAX_LENGTH = 500  # characters of the text
EXAMPLE = "sign-up form, 2026-05-11"

_DATE = late_pattern(
    r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2})?(?: ?(?:Z\b|[+-]\d{2}:\d{2}))?)?",
    re.ASCII,
)
_UNPRINTABLE = late_pattern(f"[{UNPRINTABLE}]")


class Consent(Struct, frozen=True, kw_only=True):
    """A consent as the operator recorded it."""

    text: str  # how and when, as written
    # A date without a time is its beginning in UTC, so that a consent and a leaving on one day
    # count as a leaving.
    given_at: datetime

    def is_newer_than(self, left_at: datetime) -> bool:
        """Whether the reader consented after leaving at this moment."""
        return self.given_at > left_at


def parse_consent(text: str, *, now: datetime) -> Consent:
    """Returns the consent that a text describes.

    Args:
        text: how the reader agreed, with one date: `2026-05-11`, or with a time
            `2026-05-11T14:30`; in UTC unless the time has an offset such as `+02:00`.
        now: the current time; a later consent is refused.

    Raises:
        ValueError: the text does not say how or when; says why.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    if not text.isprintable() and _UNPRINTABLE.search(text):
        raise ValueError("contains control characters; write plain text on one line")
    dates = _DATE.findall(text)
    if len(dates) != 1:
        found = "contains no date" if not dates else "contains more than one date"
        raise ValueError(f"{found}; write how and when the reader agreed, as in {EXAMPLE!r}")
    (written,) = dates
    try:
        # `fromisoformat` accepts no space before the offset.
        given_at = datetime.fromisoformat(written.replace(" +", "+").replace(" -", "-"))
        given_at = (given_at if given_at.tzinfo else given_at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"contains {written!r}, which is not a date or time") from None
    if not any(character.isalpha() for character in text.replace(written, "")):
        raise ValueError(f"does not say how the reader agreed; write it as in {EXAMPLE!r}")
    if given_at > now:
        raise ValueError(
            f"is dated {written!r}, after now ({now:%Y-%m-%d %H:%M} UTC); times are in UTC unless"
            " they have an offset"
        )
    return Consent(text=text, given_at=given_at)
