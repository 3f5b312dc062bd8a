"""Crontab expressions have the meaning that they have for cron."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from digest.core.schedule.crontab import CronSchedule, parse

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour of summer time
SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)


def times(
    expression: str, start: datetime, count: int, *, zone: ZoneInfo | None = None
) -> list[str]:
    """The next moments, as the zone's clocks show them."""
    schedule = parse(expression, zone=zone or UTC)
    moments = []
    for _ in range(count):
        start = schedule.after(start)
        moments.append(f"{start.astimezone(schedule.zone):%a %d %b %H:%M}")
    return moments


def test_one_to_five_is_monday_to_friday() -> None:
    week = times("0 7 * * 1-5", SUNDAY, 6)
    assert [day.split()[0] for day in week] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]
    assert {day.split()[-1] for day in week} == {"07:00"}


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("0 7 * * 0", ["Sun 22 Nov 07:00", "Sun 29 Nov 07:00"]),
        ("0 7 * * 7", ["Sun 22 Nov 07:00", "Sun 29 Nov 07:00"]),
        ("0 7 * * sun", ["Sun 22 Nov 07:00", "Sun 29 Nov 07:00"]),
        ("0 7 * * Mon-Wed", ["Mon 23 Nov 07:00", "Tue 24 Nov 07:00", "Wed 25 Nov 07:00"]),
        ("0 7 * * 5-7", ["Sun 22 Nov 07:00", "Fri 27 Nov 07:00", "Sat 28 Nov 07:00"]),
        ("0 7 * * 1,3", ["Mon 23 Nov 07:00", "Wed 25 Nov 07:00", "Mon 30 Nov 07:00"]),
        ("*/20 * * * *", ["Sun 22 Nov 00:20", "Sun 22 Nov 00:40", "Sun 22 Nov 01:00"]),
        ("5-59/20 6 * * *", ["Sun 22 Nov 06:05", "Sun 22 Nov 06:25", "Sun 22 Nov 06:45"]),
        ("0 8-18/5 * * *", ["Sun 22 Nov 08:00", "Sun 22 Nov 13:00", "Sun 22 Nov 18:00"]),
        ("30 4 1 jan *", ["Fri 01 Jan 04:30", "Sat 01 Jan 04:30"]),
        # Both days restricted: either will do. One with a star: both must.
        (
            "0 0 13 * 5",
            ["Fri 27 Nov 00:00", "Fri 04 Dec 00:00", "Fri 11 Dec 00:00", "Sun 13 Dec 00:00"],
        ),
        ("0 0 13 * *", ["Sun 13 Dec 00:00", "Wed 13 Jan 00:00"]),
        ("0 0 */2 * 1", ["Mon 23 Nov 00:00", "Mon 07 Dec 00:00"]),
        ("0 0 29 2 *", ["Tue 29 Feb 00:00"]),
        ("@hourly", ["Sun 22 Nov 01:00", "Sun 22 Nov 02:00"]),
        ("@daily", ["Mon 23 Nov 00:00", "Tue 24 Nov 00:00"]),
        ("@midnight", ["Mon 23 Nov 00:00"]),
        ("@weekly", ["Sun 29 Nov 00:00"]),
        ("@monthly", ["Tue 01 Dec 00:00"]),
        ("@yearly", ["Fri 01 Jan 00:00"]),
        ("@annually", ["Fri 01 Jan 00:00"]),
    ],
)
def test_an_expression_has_the_meaning_that_it_has_for_cron(
    expression: str, expected: list[str]
) -> None:
    assert times(expression, SUNDAY, len(expected)) == expected


@pytest.mark.parametrize(
    "expression, problem",
    [
        ("0 7 * *", "4 fields"),
        ("0 7 * * 1-5 root", "6 fields"),
        ("", "0 fields"),
        ("60 * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 0 * *", "bad day-of-month"),
        ("0 0 * 13 *", "bad month"),
        ("0 0 * * 8", "bad day-of-week"),
        ("0 0 * * fri-mon", "bad day-of-week"),
        ("*/0 * * * *", "bad minute"),
        ("0 0 31 feb *", "bad day-of-month"),
        ("@reboot", "@daily"),
        ("@often", "@daily"),
    ],
)
def test_an_invalid_expression_is_refused_with_the_wrong_field(
    expression: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        parse(expression, zone=UTC)


# What crontab(5) and cron(8) of Debian say of changes of less than three hours.
@pytest.mark.parametrize(
    "expression, zone, start, expected",
    [
        # 8 March 2026: 02:00 becomes 03:00. Skipped jobs run at once.
        ("30 2 * * *", NEW_YORK, "2026-03-08T05:30Z", ["07:00Z", "06:30Z", "06:30Z"]),
        ("0,30 2 * * *", NEW_YORK, "2026-03-08T05:30Z", ["07:00Z", "06:00Z", "06:30Z"]),
        ("*/30 * * * *", NEW_YORK, "2026-03-08T06:00Z", ["06:30Z", "07:00Z", "07:30Z"]),
        ("0 * * * *", NEW_YORK, "2026-03-08T05:30Z", ["06:00Z", "07:00Z", "08:00Z"]),
        # 1 November: 02:00 becomes 01:00. A job with a fixed hour is not run twice.
        ("30 1 * * *", NEW_YORK, "2026-11-01T04:30Z", ["05:30Z", "06:30Z"]),
        ("0 * * * *", NEW_YORK, "2026-11-01T04:30Z", ["05:00Z", "06:00Z", "07:00Z"]),
        ("15 2 * * *", LORD_HOWE, "2026-10-03T15:00Z", ["15:30Z", "15:15Z"]),
        ("30 2 * * *", BERLIN, "2026-03-28T12:00Z", ["01:00Z", "00:30Z"]),
    ],
)
def test_a_clock_change_neither_skips_nor_repeats_a_run(
    expression: str, zone: ZoneInfo, start: str, expected: list[str]
) -> None:
    moment = datetime.fromisoformat(start)
    schedule = parse(expression, zone=zone)
    moments = []
    for _ in expected:
        moment = schedule.after(moment)
        moments.append(f"{moment:%H:%MZ}")
    assert moments == expected


def test_in_a_repeated_hour_the_next_run_is_never_in_the_past() -> None:
    schedule = parse("30 1 * * *", zone=NEW_YORK)
    second_hour = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 01:10 for the second time
    assert schedule.after(second_hour) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert schedule.latest(second_hour, within=timedelta(days=1)) == first


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    # croniter reads a span with equal ends as the whole field.
    pairs = st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)
    spans = pairs.map(lambda pair: f"{pair[0]}-{pair[1]}")
    steps = st.tuples(st.one_of(st.just("*"), spans), st.integers(1, high)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    part = st.one_of(numbers.map(str), spans, steps)
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


expressions = st.tuples(
    _field(0, 59), _field(0, 23), _field(1, 28), _field(1, 12), _field(0, 6)
).map(" ".join)
moments = st.integers(0, 5 * 366 * 24 * 60 * 60).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@given(expressions, moments)
def test_croniter_gives_the_same_moments(expression: str, start: datetime) -> None:
    reference = croniter(expression, start, ret_type=datetime, implement_cron_bug=True)
    schedule = parse(expression, zone=UTC)
    moment = start
    for _ in range(5):
        moment = schedule.after(moment)
        assert moment == reference.get_next()


@given(expressions, zones, moments)
def test_the_moment_after_the_latest_one_is_in_the_future(
    expression: str, zone: str, now: datetime
) -> None:
    schedule: CronSchedule = parse(expression, zone=ZoneInfo(zone))
    latest = schedule.latest(now, within=timedelta(days=3))
    if latest is None:
        assert schedule.after(now - timedelta(days=3, seconds=1)) > now
    else:
        assert latest <= now < schedule.after(latest)
