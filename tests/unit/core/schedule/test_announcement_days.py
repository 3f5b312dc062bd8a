"""The days on which sources announce papers, and the verdicts on their batches."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import batch

from digest.core.identity.diff import diff
from digest.core.models.batches import Batch, Rejection, Verdict
from digest.core.schedule.announcement_days import (
    ARXIV,
    HUGGING_FACE,
    NO_CALENDAR,
    arxiv_holiday,
    on_days,
)
from digest.core.schedule.batch_verdict import classify_batch, missed_days

# As arXiv published them for 2026.
HOLIDAYS_2026 = ["01-01", "01-19", "06-19", "07-03", "09-07", "11-26", "12-25", "12-29", "12-31"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_holidays_of_2026_are_those_that_arxiv_published() -> None:
    year = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    weekday_holidays = [day for day in year if arxiv_holiday(day)]
    assert [day.isoformat()[5:] for day in weekday_holidays] == HOLIDAYS_2026


@pytest.mark.parametrize(
    "year, days",
    [
        (2027, ["01-01", "01-18", "06-18", "07-04", "07-05", "09-06", "11-25", "12-24"]),
        (2028, ["01-17", "06-19", "07-04", "09-04", "11-23", "12-25"]),
    ],
)
def test_the_holidays_of_later_years_are_those_of_the_rules(year: int, days: list[str]) -> None:
    first = date(year, 1, 1)
    span = (date(year + 1, 1, 1) - first).days
    holidays = [day for ahead in range(span) if arxiv_holiday(day := first + timedelta(days=ahead))]
    assert [day.isoformat()[5:] for day in holidays] == days


def test_arxiv_has_a_listing_from_monday_to_friday_except_after_a_holiday() -> None:
    week = [date(2026, 11, 23) + timedelta(days=day) for day in range(7)]
    assert [ARXIV.expected(day) for day in week] == [True, True, True, True, False, False, False]


def test_arxivs_day_begins_at_midnight_eastern() -> None:
    assert ARXIV.latest(at("2026-05-12T03:59:00Z")) == date(2026, 5, 11)
    assert ARXIV.latest(at("2026-05-12T04:00:00Z")) == date(2026, 5, 12)


def test_a_source_without_days_is_never_late() -> None:
    assert NO_CALENDAR.latest(at("2026-05-12T03:59:00Z")) is None
    assert NO_CALENDAR.missed(date(2020, 1, 1), at("2026-05-12T03:59:00Z")) == 0


def verdict_on(
    read: Batch, *, now: str = "2026-05-12T12:00:00Z", last: str | None = None, arxiv: bool = True
) -> Verdict:
    return classify_batch(
        read,
        diff(read.papers, {}, source=read.source),
        announcing=ARXIV if arxiv else HUGGING_FACE,
        last_announced=date.fromisoformat(last) if last else None,
        now=at(now),
    )


TUESDAY, SATURDAY = date(2026, 5, 12), date(2026, 5, 16)


def test_a_batch_with_new_papers_is_fresh() -> None:
    assert verdict_on(batch("A", announced=TUESDAY)) is Verdict.FRESH


def test_a_batch_with_new_papers_and_something_unreadable_is_partial() -> None:
    partial = batch("A", announced=TUESDAY, rejected=(Rejection(reason="no title"),))
    assert verdict_on(partial) is Verdict.PARTIAL


def test_a_batch_without_a_readable_paper_has_failed() -> None:
    assert verdict_on(batch(rejected=(Rejection(reason="no title"),))) is Verdict.FAILED


@pytest.mark.parametrize(
    "announced, now, verdict",
    [
        ("2026-05-12", "2026-05-12T12:00:00Z", Verdict.UNCHANGED),
        ("2026-05-11", "2026-05-12T12:00:00Z", Verdict.STALE),
        ("2026-05-15", "2026-05-16T12:00:00Z", Verdict.UNCHANGED),
        ("2026-05-15", "2026-05-18T03:00:00Z", Verdict.UNCHANGED),
        ("2026-05-15", "2026-05-18T05:00:00Z", Verdict.STALE),
    ],
)
def test_an_unchanged_source_is_stale_if_the_batch_of_today_is_missing(
    announced: str, now: str, verdict: Verdict
) -> None:
    assert verdict_on(batch(unchanged=True), now=now, last=announced) is verdict


@pytest.mark.parametrize(
    "day, verdict",
    [(TUESDAY, Verdict.EMPTY_UNEXPECTED), (SATURDAY, Verdict.EMPTY_EXPECTED)],
)
def test_the_verdict_on_an_empty_listing_depends_on_the_day(day: date, verdict: Verdict) -> None:
    assert verdict_on(batch(announced=day), now=f"{day}T12:00:00Z") is verdict


@pytest.mark.parametrize(
    "day, verdict",
    [(TUESDAY, Verdict.EMPTY_UNEXPECTED), (SATURDAY, Verdict.EMPTY_EXPECTED)],
)
def test_an_empty_listing_without_a_date_is_judged_by_the_day_of_the_fetch(
    day: date, verdict: Verdict
) -> None:
    assert verdict_on(batch(announced=None), now=f"{day}T12:00:00Z") is verdict


def test_a_list_that_grows_during_the_day_is_stale_until_the_day_is_over() -> None:
    empty = batch(announced=TUESDAY)
    assert verdict_on(empty, now="2026-05-12T05:00:00Z", arxiv=False) is Verdict.STALE
    assert verdict_on(empty, now="2026-05-13T05:00:00Z", arxiv=False) is Verdict.EMPTY_UNEXPECTED


def test_missed_days_are_the_expected_days_without_papers() -> None:
    friday = date(2026, 5, 8)
    assert missed_days(ARXIV, friday, allowed=1, now=at("2026-05-12T12:00:00Z")) == 0
    assert missed_days(ARXIV, friday, allowed=1, now=at("2026-05-13T12:00:00Z")) == 2
    assert missed_days(ARXIV, None, allowed=1, now=at("2026-05-13T12:00:00Z")) == 0


@given(
    st.dates(date(2024, 1, 1), date(2028, 12, 31)),
    st.integers(0, 60),
    st.frozensets(st.integers(0, 6)),
)
def test_every_expected_day_in_between_is_missed(
    since: date, span: int, days: frozenset[int]
) -> None:
    today = since + timedelta(days=span)
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    between = [since + timedelta(days=ahead) for ahead in range(1, span)]
    assert on_days(days).missed(since, now) == sum(day.weekday() in days for day in between)
