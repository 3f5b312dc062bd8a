"""What an operator writes about a consent says how and when, and counts from its date."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.subscribers.consent import MAX_LENGTH, Consent, parse_consent

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, given_at",
    [
        ("sign-up form, 2026-05-10", datetime(2026, 5, 10, tzinfo=UTC)),
        ("2026-05-10T14:30 by phone", datetime(2026, 5, 10, 14, 30, tzinfo=UTC)),
        ("by phone (2026-05-10 14:30)", datetime(2026, 5, 10, 14, 30, tzinfo=UTC)),
        ("mail of 2026-05-10T14:30:05Z", datetime(2026, 5, 10, 14, 30, 5, tzinfo=UTC)),
        ("mail of 2026-05-10 14:30 +02:00", datetime(2026, 5, 10, 12, 30, tzinfo=UTC)),
        ("a click at 2026-05-11T06:00Z", NOW),
        (" list 17, form of 2026-05-11 ", datetime(2026, 5, 11, tzinfo=UTC)),
    ],
)
def test_a_consent_has_its_text_and_the_date_in_it(text: str, given_at: datetime) -> None:
    assert parse_consent(text, now=NOW) == Consent(text=text.strip(), given_at=given_at)


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "contains no date"),
        ("yes", "contains no date"),
        ("form of May 10", "contains no date"),
        ("2026-05-10", "does not say how"),
        ("2026-05-10, 17", "does not say how"),
        ("form of 2026-05-09, entered 2026-05-10", "more than one date"),
        ("form of 2026-02-30", "not a date"),
        ("form of 2026-05-10 25:00", "not a date"),
        ("form of 2026-05-12", "after now"),
        ("form of 2026-05-11T07:00", "times are in UTC"),
        ("form of 2026-05-10\nBcc: x", "control characters"),
        ("form of 2026-05-10 " + "x" * MAX_LENGTH, "longer than"),
    ],
)
def test_a_consent_that_does_not_say_how_and_when_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_consent(text, now=NOW)


def test_a_date_without_a_time_is_no_consent_after_a_leaving_on_that_day() -> None:
    consent = parse_consent("form of 2026-05-10", now=NOW)
    midnight = datetime(2026, 5, 10, tzinfo=UTC)
    assert consent.is_newer_than(midnight - timedelta(seconds=1))
    assert not consent.is_newer_than(midnight)
    assert not consent.is_newer_than(midnight + timedelta(hours=9))
