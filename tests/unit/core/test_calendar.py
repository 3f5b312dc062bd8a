"""Local days: when a digest may go out."""

from datetime import UTC, datetime

import pytest

from digest.core.calendar import local_day
from digest.core.model import Keyword, Profile, Topic

TOPICS = (Topic(name="T", keywords=(Keyword(text="t", term="t"),)),)


def profile(**fields: object) -> Profile:
    return Profile(topics=TOPICS, **fields)  # type: ignore[arg-type] # a builder takes any field


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    "zone, expected",
    [("Pacific/Kiritimati", "2026-05-12"), ("UTC", "2026-05-11"), ("Pacific/Niue", "2026-05-11")],
)
def test_the_day_is_that_of_the_readers_zone(zone: str, expected: str) -> None:
    day = local_day(profile(timezone=zone), at("2026-05-11T12:00:00Z"))
    assert day.date.isoformat() == expected


def test_without_an_hour_the_whole_day_is_due() -> None:
    assert local_day(profile(), at("2026-05-11T00:00:00Z")).due


def test_with_an_hour_the_day_is_due_from_then_on() -> None:
    early = profile(send_at="07:30", timezone="Europe/Paris")
    assert not local_day(early, at("2026-05-11T05:29:59Z")).due
    assert local_day(early, at("2026-05-11T05:30:00Z")).due


def test_an_hour_that_the_clock_skips_is_due_after_the_gap() -> None:
    skipped = profile(send_at="02:30", timezone="Europe/Paris")
    assert not local_day(skipped, at("2026-03-29T00:59:00Z")).due
    assert local_day(skipped, at("2026-03-29T01:00:00Z")).due


def test_a_day_that_is_not_wanted_is_not_due_and_says_so() -> None:
    day = local_day(profile(days=(4,)), at("2026-05-11T12:00:00Z"))
    assert not day.due
    assert day.reason == "Monday is not among its days (Fri)"
