import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.daily_papers.dates import (
    DATE,
    GRACE,
    StatedDay,
    page_date,
    paper_date,
    stated_day,
)

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
MAY_5 = StatedDay(month=5, day=5, year=None)


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def read(text: str) -> StatedDay | None:
    match = re.fullmatch(DATE, text)
    assert match
    return stated_day(match)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("May 5", (5, 5, None)),
        ("Sept 9", (9, 9, None)),
        ("Dec. 1, 2024", (12, 1, 2024)),
        ("February 29", (2, 29, None)),
        ("Feb 29, 2024", (2, 29, 2024)),
    ],
)
def test_a_stated_day_is_read(text: str, expected: tuple[int, int, int | None]) -> None:
    assert read(text) == StatedDay(month=expected[0], day=expected[1], year=expected[2])


@pytest.mark.parametrize("text", ["Feb 30", "Feb 29, 2023", "Smarch 13", "May 5, 9999", "May 0"])
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    assert read(text) is None


def test_three_explicit_dates_outweigh_the_file_and_the_clock() -> None:
    explicit = [date(2025, 9, 29), date(2021, 1, 19), date(2024, 10, 1)]
    for modified in (None, at(2027, 6, 1), at(1980, 1, 1)):
        for now in (at(2026, 5, 5), at(2029, 12, 31)):
            found = page_date(MAY_5, explicit=explicit, modified=modified, now=now)
            assert found == date(2026, 5, 5)


def test_one_explicit_date_only_bounds_what_the_file_says() -> None:
    explicit = [date(2021, 3, 1)]
    for modified, expected in ((at(2024, 5, 6), 2024), (at(2019, 5, 6), 2022), (None, 2022)):
        found = page_date(MAY_5, explicit=explicit, modified=modified, now=NOW)
        assert found == date(expected, 5, 5)


@pytest.mark.parametrize(
    "modified, expected",
    [
        (at(2025, 5, 4), 2025),  # a day of grace
        (at(2025, 5, 3), 2024),
        (at(2025, 12, 31), 2025),
        (at(2031, 1, 1), 2026),  # a file from the future
        (None, 2026),
    ],
)
def test_without_explicit_dates_the_file_and_then_the_clock_decide(
    modified: datetime | None, expected: int
) -> None:
    assert page_date(MAY_5, explicit=[], modified=modified, now=NOW) == date(expected, 5, 5)


def test_a_page_that_writes_out_its_own_year_is_not_put_into_the_future() -> None:
    explicit = [date(2026, 5, 4), date(2026, 5, 1), date(2026, 4, 30)]
    assert page_date(MAY_5, explicit=explicit, modified=None, now=NOW) == date(2026, 5, 5)


def test_paper_dates_in_the_future_are_ignored() -> None:
    explicit = [date(2052, 1, 1), date(2025, 1, 1), date(2025, 2, 2)]
    assert page_date(MAY_5, explicit=explicit, modified=None, now=NOW) == date(2026, 5, 5)


def test_february_29_is_of_a_leap_year() -> None:
    leap = StatedDay(month=2, day=29, year=None)
    assert page_date(leap, explicit=[], modified=None, now=NOW) == date(2024, 2, 29)
    assert page_date(leap, explicit=[date(2021, 1, 1)], modified=None, now=NOW) == date(2024, 2, 29)
    assert paper_date(leap, page=date(2026, 3, 1)) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "month, day, expected",
    [(1, 22, 2026), (5, 5, 2026), (5, 6, 2026), (5, 7, 2025), (12, 30, 2025)],
)
def test_a_paper_without_year_is_of_the_last_year_that_fits(
    month: int, day: int, expected: int
) -> None:
    stated = StatedDay(month=month, day=day, year=None)
    assert paper_date(stated, page=date(2026, 5, 5)) == date(expected, month, day)


@given(
    st.dates(date(2000, 1, 1), date(2039, 12, 31)),
    st.lists(st.dates(date(2000, 1, 1), date(2039, 12, 31)), max_size=5),
    st.none() | st.integers(-10_000, 5_000).map(lambda days: NOW + timedelta(days=days)),
)
def test_a_page_is_never_before_its_papers_that_are_not_in_the_future(
    day: date, explicit: list[date], modified: datetime | None
) -> None:
    stated = StatedDay(month=day.month, day=day.day, year=None)
    found = page_date(stated, explicit=explicit, modified=modified, now=NOW)
    assert (found.month, found.day) == (day.month, day.day)
    assert all(found >= paper - GRACE for paper in explicit if paper <= NOW.date() + GRACE)
    if not explicit:
        assert found <= NOW.date() + GRACE
