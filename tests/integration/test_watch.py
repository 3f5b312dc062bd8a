"""Collecting over days: verdicts, and the warning when a source falls silent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import batch

from digest.core.announcing import ARXIV, Announcing
from digest.core.model import Batch, Look, Rejection, Verdict
from digest.pipeline.collect import collect
from digest.pipeline.watch import Watched, watch
from digest.store.engine import Store

FRIDAY = date(2026, 5, 8)


@dataclass
class Scripted:
    """A source that shows these batches, one a look."""

    shows: list[Batch | None]
    name: str = "arxiv"
    announcing: Announcing = ARXIV

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[Look]:
        del cursor, now
        shown = self.shows.pop(0)
        problem = Rejection(reason="503 Service Unavailable") if shown is None else None
        yield Look(origin=self.name, batch=shown, problem=problem, cursor={})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/digest.db") as opened:
        yield opened


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def days_of(source: Scripted, store: Store, first: date, count: int) -> list[Verdict]:
    return [
        report.verdict
        for ahead in range(count)
        for report in collect(store, [source], now=noon(first + timedelta(days=ahead)))
    ]


def shown(*titles: str, day: date = FRIDAY, **fields: Any) -> Batch:
    return batch(*titles, source="arxiv", announced=day, **fields)


def test_a_week_with_a_weekend_a_stale_morning_and_a_failing_day_is_told_day_by_day(
    store: Store,
) -> None:
    monday = FRIDAY + timedelta(days=3)
    source = Scripted(
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
    days_of(Scripted([shown("A")]), store, FRIDAY, 1)
    watched = [Watched(name="arxiv", announcing=ARXIV)]

    def warning(day: int) -> str:
        (state,) = watch(store, watched, now=noon(date(2026, 5, day)))
        return state.warning

    assert warning(11) == ""
    assert warning(12) == ""  # Monday alone was missed
    assert warning(13) == (
        "source arxiv: nothing new since 8 May 2026, though 2 days since should have brought"
        " something"
    )


def test_a_source_without_days_of_its_own_warns_after_the_days_it_was_given(store: Store) -> None:
    days_of(Scripted([shown("A")]), store, FRIDAY, 1)
    watched = [Watched(name="arxiv", announcing=ARXIV, quiet_days=3)]
    (at_three,) = watch(store, watched, now=noon(FRIDAY + timedelta(days=3)))
    (at_four,) = watch(store, watched, now=noon(FRIDAY + timedelta(days=4)))
    assert (at_three.warning, at_four.warning) == (
        "",
        "source arxiv: nothing new since 8 May 2026, 4 days ago",
    )


def test_a_source_that_was_never_seen_is_not_blamed(store: Store) -> None:
    (state,) = watch(store, [Watched(name="new", announcing=ARXIV)], now=noon(FRIDAY))
    assert (state.warning, state.poll.verdict) == ("", None)


def test_progress_hears_of_every_look(store: Store) -> None:
    heard: list[tuple[str, int, int]] = []

    def progress(*, source: str, looks: int, papers: int) -> None:
        heard.append((source, looks, papers))

    collect(store, [Scripted([shown("A", "B")])], now=noon(FRIDAY), progress=progress)
    assert heard == [("arxiv", 0, 0), ("arxiv", 1, 2)]
