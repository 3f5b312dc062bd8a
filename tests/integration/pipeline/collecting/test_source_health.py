"""Collecting over several days: the verdicts, and the warning when a source brings nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from support.builders import batch, paper
from support.speed.databases import new_sqlite_store

from digest.core.models.batches import Batch, Rejection, SourceRead, Verdict
from digest.core.models.papers import Identifier
from digest.core.schedule.announcement_days import ARXIV, AnnouncementCalendar
from digest.core.schedule.polling import HOURLY, UNTIL_FRESH
from digest.pipeline.collect import TimedSource, collect
from digest.pipeline.source_health import MonitoredSource, Severity, SourceHealth, check_sources
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.papers import muted_sources

FRIDAY = date(2026, 5, 8)


@dataclass
class ScriptedSource:
    """A source that yields one of these batches at each fetch; None is a failure."""

    shows: list[Batch | None]
    name: str = "arxiv"
    calendar: AnnouncementCalendar = ARXIV

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        del cursor, now
        shown = self.shows.pop(0)
        problem = Rejection(reason="503 Service Unavailable") if shown is None else None
        yield SourceRead(origin=self.name, batch=shown, problem=problem, cursor={})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def days_of(source: ScriptedSource, store: Store, first: date, count: int) -> list[Verdict]:
    return [
        report.verdict
        for ahead in range(count)
        for report in collect(store, [source], now=noon(first + timedelta(days=ahead)))
    ]


def shown(*titles: str, day: date = FRIDAY, **fields: Any) -> Batch:
    return batch(*titles, source="arxiv", announced=day, **fields)


def test_a_muted_source_stays_muted_until_it_was_read_without_a_failure(store: Store) -> None:
    with store.write() as tx:
        muted_sources.mute(tx, ["arxiv", "other"])
    source = ScriptedSource([None, shown("A"), shown("A", "B")])

    def muted() -> frozenset[str]:
        with store.read() as tx:
            return muted_sources.muted_sources(tx)

    collect(store, [source], now=noon(FRIDAY))
    assert muted() == {"arxiv", "other"}
    (report,) = collect(store, [source], now=noon(FRIDAY) + timedelta(hours=1))
    assert report.new == 0, "its papers may have been announced before the restore"
    assert muted() == {"other"}
    (report,) = collect(store, [source], now=noon(FRIDAY) + timedelta(hours=2))
    assert report.new == 1


def test_a_week_with_a_weekend_a_stale_morning_and_a_failing_day_is_reported_day_by_day(
    store: Store,
) -> None:
    monday = FRIDAY + timedelta(days=3)
    source = ScriptedSource(
        [
            shown("A", "B"),
            shown(day=FRIDAY + timedelta(days=1)),
            shown(unchanged=True),
            shown(unchanged=True),
            None,
            shown("C", day=monday + timedelta(days=2)),
        ]
    )
    assert days_of(source, store, FRIDAY, 6) == [
        Verdict.FRESH,
        Verdict.EMPTY_EXPECTED,
        Verdict.UNCHANGED,
        Verdict.STALE,
        Verdict.FAILED,
        Verdict.FRESH,
    ]


def test_a_source_that_is_silent_for_two_of_its_days_raises_a_warning(store: Store) -> None:
    days_of(ScriptedSource([shown("A")]), store, FRIDAY, 1)
    watched = [MonitoredSource(name="arxiv", calendar=ARXIV)]

    def state(day: int) -> SourceHealth:
        (found,) = check_sources(store, watched, now=noon(date(2026, 5, day)))
        return found

    assert [state(day).severity for day in (9, 10, 11)] == [Severity.FINE] * 3
    monday_missed = state(12)  # it may have been a holiday
    assert monday_missed.severity is Severity.WARNING
    assert monday_missed.warning == (
        "source arxiv: nothing new since 8 May 2026, though a day since should have brought"
        " something"
    )
    tuesday_missed = state(13)
    assert tuesday_missed.severity is Severity.ALARM
    assert tuesday_missed.warning == (
        "source arxiv: nothing new since 8 May 2026, though 2 days since should have brought"
        " something"
    )


def test_a_source_that_never_brought_anything_is_measured_from_its_first_fetch(
    store: Store,
) -> None:
    days_of(ScriptedSource([shown(day=FRIDAY)]), store, FRIDAY, 1)
    watched = [MonitoredSource(name="arxiv", calendar=ARXIV)]
    (state,) = check_sources(store, watched, now=noon(date(2026, 5, 13)))
    assert state.severity is Severity.ALARM


def test_a_source_that_only_lists_what_others_showed_is_not_silent(store: Store) -> None:
    other = ScriptedSource([shown("A")], name="other")
    days_of(other, store, FRIDAY, 1)
    days_of(ScriptedSource([replace(shown("A"), source="again")], name="again"), store, FRIDAY, 1)
    watched = [MonitoredSource(name="again", calendar=ARXIV)]
    (state,) = check_sources(store, watched, now=noon(FRIDAY + timedelta(days=1)))
    assert (state.state.fresh_at, state.severity) == (noon(FRIDAY), Severity.FINE)


def test_a_source_that_cannot_be_read_for_hours_raises_an_alarm_until_it_can(store: Store) -> None:
    source = ScriptedSource([None, None, None, shown("A")])
    watched = [MonitoredSource(name="arxiv", calendar=ARXIV)]
    levels: list[Severity] = []
    warning = ""
    for hours in (0, 2, 3, 4):
        now = noon(FRIDAY) + timedelta(hours=hours)
        collect(store, [source], now=now)
        (state,) = check_sources(store, watched, now=now)
        levels.append(state.severity)
        warning = warning or state.warning
    assert levels == [Severity.FINE, Severity.FINE, Severity.ALARM, Severity.FINE]
    assert warning == (
        "source arxiv: cannot be read since 8 May 2026 16:00 UTC, for 3 fetches:"
        " 503 Service Unavailable"
    )


def test_a_source_that_cannot_be_read_is_not_reported_as_silent_too(store: Store) -> None:
    wednesday = FRIDAY + timedelta(days=5)
    days_of(ScriptedSource([shown("A")]), store, FRIDAY, 1)
    days_of(ScriptedSource([None, None]), store, wednesday - timedelta(days=1), 2)
    watched = [MonitoredSource(name="arxiv", calendar=ARXIV)]
    (state,) = check_sources(store, watched, now=noon(wednesday))
    assert (state.severity, state.unreadable) == (Severity.ALARM, True)
    assert "cannot be read" in state.warning


@dataclass
class FixedJitter:
    """Jitter with a fixed value."""

    value: float = 0.0

    def __call__(self) -> float:
        return self.value


def test_the_scheduler_fetches_due_sources_and_a_manual_run_fetches_all(store: Store) -> None:
    friday = shown("A")
    source = ScriptedSource([friday, shown(unchanged=True), shown(unchanged=True), shown("B")])
    timed = TimedSource(source=source, schedule=UNTIL_FRESH, jitter=FixedJitter())

    def ticked(at: datetime, *, due_only: bool = True) -> list[Verdict]:
        return [item.verdict for item in collect(store, [timed], now=at, due_only=due_only)]

    morning = datetime(2026, 5, 8, 4, 5, tzinfo=UTC)
    assert ticked(morning) == [Verdict.FRESH]
    assert ticked(morning + timedelta(minutes=30)) == []  # not due
    assert ticked(morning + timedelta(minutes=40), due_only=False) == [Verdict.UNCHANGED]
    assert ticked(morning + timedelta(hours=12)) == []
    assert ticked(morning + timedelta(hours=13)) == [Verdict.UNCHANGED]
    assert ticked(morning - timedelta(days=30)) == [Verdict.FRESH]  # the clock was wrong before


def test_after_each_failure_the_scheduler_waits_longer(store: Store) -> None:
    source = ScriptedSource([None] * 40)
    timed = TimedSource(source=source, schedule=HOURLY, jitter=FixedJitter())
    start = noon(FRIDAY)
    fetches = [
        minutes
        for minutes in range(0, 24 * 60, 5)
        if collect(store, [timed], now=start + timedelta(minutes=minutes), due_only=True)
    ]
    assert fetches == [0, 60, *range(180, 24 * 60, 120)]


def test_a_source_without_a_calendar_warns_after_the_configured_days(store: Store) -> None:
    days_of(ScriptedSource([shown("A")]), store, FRIDAY, 1)
    watched = [MonitoredSource(name="arxiv", calendar=ARXIV, quiet_days=3)]
    (at_three,) = check_sources(store, watched, now=noon(FRIDAY + timedelta(days=3)))
    (at_four,) = check_sources(store, watched, now=noon(FRIDAY + timedelta(days=4)))
    assert (at_three.warning, at_four.warning) == (
        "",
        "source arxiv: nothing new since 8 May 2026, 4 days ago",
    )


def test_a_source_that_was_never_fetched_gets_no_warning(store: Store) -> None:
    (state,) = check_sources(store, [MonitoredSource(name="new", calendar=ARXIV)], now=noon(FRIDAY))
    assert (state.warning, state.state.verdict) == ("", None)


def test_progress_is_reported_after_every_batch(store: Store) -> None:
    heard: list[tuple[str, int, int]] = []

    def progress(*, source: str, batches: int, papers: int) -> None:
        heard.append((source, batches, papers))

    collect(store, [ScriptedSource([shown("A", "B")])], now=noon(FRIDAY), progress=progress)
    assert heard == [("arxiv", 0, 0), ("arxiv", 1, 2)]


def test_the_papers_of_any_source_are_limited_before_they_are_stored(store: Store) -> None:
    identifier = Identifier(scheme="guid", value="x\0")
    found = batch(
        paper("Good"),
        paper("Bad \0\ud800" + "x" * 3_000, identifiers=(identifier,)),
        source="arxiv",
        rejected=(Rejection(reason="\0 wrong"),) * 1_000,
    )
    (report,) = collect(store, [ScriptedSource([found])], now=noon(FRIDAY))
    assert (report.papers, report.new, len(report.rejected)) == (2, 2, 103)
    assert "\0" not in repr(report)
    with store.read() as tx:
        rows = tx.execute(select(schema.revision.c.title)).scalars().all()
    assert sorted(map(len, rows)) == [4, 1_998]
