"""docs/due-times.md is true: its crontab lines bring the digests that it says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.core.models.profiles import DEFAULT_PATIENCE, Profile
from digest.core.schedule.polling import (
    LATE_AFTER,
    LATE_FACTOR,
    MAX_IDLE_WAIT,
    MAX_RETRY_WAIT,
    UNTIL_FRESH,
)
from digest.core.subscribers.due_times import MAX_CATCH_UP, DueState, decide, next_state
from digest.pipeline.source_health import FAILING_AFTER

PAGE = Path(__file__).resolve().parents[3].joinpath("docs", "due-times.md").read_text("utf-8")
ROWS = [
    tuple(cell.strip(' `"') for cell in line.strip("| ").split(" | "))
    for line in PAGE.partition("| digests of the first week |")[2].partition("\n\n")[0].splitlines()
    if "* " in line
]
MONDAY = datetime(2026, 5, 11, tzinfo=UTC)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def values(field: str, size: int) -> set[int]:
    if field.startswith("*"):
        return set(range(0, size, int(field.partition("/")[2] or 1)))
    first, _, last = field.partition("-")
    return set(range(int(first), int(last) + 1)) if last else {int(one) for one in field.split(",")}


def runs(crontab: str) -> Iterator[datetime]:
    """When cron runs this line in the first week; its days count from Sunday."""
    minute, hour, _, _, day = crontab.split()
    for minutes in range(7 * 24 * 60):
        now = MONDAY + timedelta(minutes=minutes)
        on_the_day = day == "*" or now.isoweekday() % 7 in values(day, 7)
        if on_the_day and now.minute in values(minute, 60) and now.hour in values(hour, 24):
            yield now


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_its_crontab_lines_bring_the_digests_that_it_says(row: tuple[str, ...]) -> None:
    send_at, days, crontab, said = row
    first, _, last = days.partition(" to ")
    wanted = (
        range(NAMES.index(first), NAMES.index(last or first) + 1) if days != "all" else range(7)
    )
    profile = Profile(
        topics=(), send_at=None if send_at == "absent" else send_at, days=tuple(wanted)
    )
    known = DueState(next_due=MONDAY)
    made: list[str] = []
    for now in runs(crontab):
        called = decide(profile, known, now)
        if called.due:
            made.append(f"{now:%a %H:%M}")
            known = next_state(profile, called, known, made=True, now=now)
        else:
            known = DueState(next_due=called.next_due, used_at=known.used_at)
    assert ", ".join(made) == said


def test_its_table_is_read_whole() -> None:
    assert len(ROWS) == 9


def test_its_numbers_are_the_programs() -> None:
    hours = timedelta(hours=1)
    assert f'(`"{DEFAULT_PATIENCE // hours}h"` unless' in PAGE
    assert timedelta(days=3) == MAX_CATCH_UP
    assert re.search(r"more\s+than three days ago", PAGE)
    assert (3 * hours, 6 * hours, 12 * hours, 2 * hours) == (
        FAILING_AFTER,
        LATE_AFTER,
        MAX_IDLE_WAIT,
        MAX_RETRY_WAIT,
    )
    for words in (
        "for three hours",
        "over six hours late",
        "every twelve hours",
        "up to two hours",
    ):
        assert words in PAGE
    assert (UNTIL_FRESH.every * 60, UNTIL_FRESH.every * LATE_FACTOR) == (20 * hours, hours)
    assert "every 20 minutes until" in PAGE
