"""What the export of another program says of a reader: the names of its columns, and its words.

Sources: listmonk writes `uuid,email,name,attributes,status,created_at,updated_at`, with the statuses
enabled, disabled and blocklisted (`cmd/subscribers.go` of its repository). Mailchimp writes a zip with one
CSV file for each status, which is in the name of the file, with `Email Address`, `OPTIN_TIME`,
`CONFIRM_TIME`, `UNSUB_TIME` and `CLEAN_TIME` (its page "View or export contacts", and files that people
published). The other words are those that such programs use.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum


class ListStatus(StrEnum):
    """What a list says of a reader."""

    SUBSCRIBED = "subscribed"
    UNCONFIRMED = "unconfirmed"  # never confirmed, or gets no mail for a reason that is not known
    LEFT = "left"  # unsubscribed, or complained
    BOUNCED = "bounced"  # the mailbox does not exist


STATUS_COLUMNS = ("status", "subscription status", "subscription_status", "member_status")
EMAIL_COLUMNS = ("email", "email address", "e-mail", "e-mail address", "email_address", "mail")
"""The names of the columns, in small letters; the first that a file has counts."""

_GONE_AT = ("unsub_time", "clean_time", "unsubscribed_at", "unsubscribe_date", "updated_at")
_CONFIRMED_AT = ("confirm_time", "confirmed_at", "optin_time", "opt_in_date")

_WORDS: Mapping[str, ListStatus] = {
    **dict.fromkeys(
        ("subscribed", "active", "enabled", "confirmed", "opted in", "subscriber"),
        ListStatus.SUBSCRIBED,
    ),
    **dict.fromkeys(
        ("unconfirmed", "pending", "nonsubscribed", "non subscribed", "not subscribed", "disabled",
         "archived", "inactive", "transactional", "paused"),
        ListStatus.UNCONFIRMED,
    ),
    **dict.fromkeys(
        ("unsubscribed", "opted out", "left", "removed", "blocklisted", "blacklisted", "complained",
         "complaint", "spam", "abuse"),
        ListStatus.LEFT,
    ),
    **dict.fromkeys(
        ("cleaned", "bounced", "hard bounced", "hard bounce", "undeliverable", "invalid",
         "suppressed"),  # the last is our own word
        ListStatus.BOUNCED,
    ),
}  # fmt: skip
_FILE = re.compile(r"(subscribed|unsubscribed|cleaned|non-?subscribed)[_ -]", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?"
    r"(?:\.\d{1,9})? ?([+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)


def status_of(word: str) -> ListStatus | None:
    """Returns the status that a word means; None if it is not known."""
    return _WORDS.get(" ".join(word.lower().replace("-", " ").replace("_", " ").split()))


def status_of_file(name: str) -> ListStatus | None:
    """Returns the status that the name of a file means, as Mailchimp names them; None: it has none."""
    found = _FILE.match(name)
    return status_of(found[1].replace("-", "")) if found else None


def gone_at(row: Mapping[str, str | None], *, now: datetime) -> datetime | None:
    """Returns when the reader of a row left; None if it does not say, or says a time to come."""
    return _first_time(row, _GONE_AT, now)


def confirmed_at(row: Mapping[str, str | None], *, now: datetime) -> datetime | None:
    """Returns when the reader of a row agreed; None if it does not say."""
    return _first_time(row, _CONFIRMED_AT, now)


def _first_time(
    row: Mapping[str, str | None], names: tuple[str, ...], now: datetime
) -> datetime | None:
    for name in names:
        at = _time((row.get(name) or "").strip())
        if at is not None and at <= now:
            return at
    return None


def _time(text: str) -> datetime | None:
    """Returns a time; in UTC, as Mailchimp writes it, unless it has an offset, as Go writes it."""
    found = _TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    written = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    try:
        at = datetime.fromisoformat(written + (offset or "+00:00"))
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
