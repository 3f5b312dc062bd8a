"""Which states of the installation are problems, and which are normal."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from digest.core.problems import (
    EndedEditions,
    FailingSource,
    SilentSource,
    SystemStatus,
    find_problems,
)

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
HEALTHY = SystemStatus(now=NOW, subscriptions=100)
DAY = timedelta(days=1)


def keys(facts: SystemStatus) -> list[str]:
    return [problem.key for problem in find_problems(facts)]


def failing(*, times: int, first: timedelta, last: timedelta = timedelta()) -> FailingSource:
    return FailingSource(name="a", first=NOW - first, last=NOW - last, times=times, reason="503")


def test_a_healthy_installation_has_no_problems() -> None:
    assert keys(HEALTHY) == []


@pytest.mark.parametrize(
    "source, reported",
    [
        (failing(times=1, first=timedelta(hours=1)), False),
        (failing(times=1, first=3 * DAY, last=3 * DAY), False),  # a broken file, read once
        (failing(times=20, first=timedelta(hours=10)), False),  # it may recover within the day
        (failing(times=2, first=DAY), True),  # two runs by cron
        (failing(times=40, first=timedelta(hours=20)), True),
        (failing(times=40, first=9 * DAY, last=5 * DAY), False),  # it is not polled any more
    ],
)
def test_a_source_may_fail_for_most_of_a_day(source: FailingSource, reported: bool) -> None:  # noqa: FBT001
    assert keys(replace(HEALTHY, failing=[source])) == (["source a"] if reported else [])


def test_a_source_that_fails_and_is_silent_is_one_problem() -> None:
    silent = SilentSource(name="a", warning="source a: nothing new", fresh_at=NOW - 9 * DAY)
    facts = replace(HEALTHY, silent=[silent], failing=[failing(times=9, first=3 * DAY)])
    (problem,) = find_problems(facts)
    assert "could not be read, 9 times in a row: 503" in problem.what
    assert keys(replace(HEALTHY, silent=[silent])) == ["source a"]


@pytest.mark.parametrize(
    "refused, subscriptions, reported",
    [(1, 1, True), (1, 49, True), (2, 100, False), (3, 100, True)],
)
def test_a_few_dead_mailboxes_of_a_long_list_are_no_problem(
    refused: int,
    subscriptions: int,
    reported: bool,  # noqa: FBT001
) -> None:
    facts = replace(
        HEALTHY,
        subscriptions=subscriptions,
        refused=EndedEditions(number=refused, since=NOW, reason="550"),
    )
    assert keys(facts) == (["refused"] if reported else [])


def test_a_queue_is_late_only_after_its_limit() -> None:
    limit = HEALTHY.queue_limit
    assert keys(replace(HEALTHY, waiting_since=NOW - limit)) == []
    assert keys(replace(HEALTHY, waiting_since=NOW - limit - timedelta(seconds=1))) == ["queue"]


def test_for_a_failing_mail_server_only_the_cause_is_reported() -> None:
    facts = replace(
        HEALTHY,
        paused=EndedEditions(number=1, since=NOW, reason="5.7.1"),
        requeued=EndedEditions(number=9, since=NOW, reason="5.7.1"),
        waiting_since=NOW - DAY,
    )
    assert keys(facts) == ["paused"]
    assert keys(replace(facts, paused=None)) == ["server"]


@pytest.mark.parametrize(
    "facts",
    [
        replace(HEALTHY, raised=["collect: no space left"]),
        replace(HEALTHY, broken=["profiles/ada.toml:2:1: unknown key"]),
        replace(HEALTHY, requeued=EndedEditions(number=1, since=NOW, reason="no route")),
    ],
)
def test_a_problem_that_the_next_run_may_solve_gets_the_given_patience(
    facts: SystemStatus,
) -> None:
    (problem,) = find_problems(replace(facts, patience=DAY))
    assert problem.patience == DAY


def test_every_problem_has_a_remedy_and_a_command() -> None:
    facts = replace(
        HEALTHY,
        raised=["x"],
        broken=["y"],
        silent=[SilentSource(name="s", warning="source s: nothing new", fresh_at=None)],
        failing=[failing(times=9, first=3 * DAY)],
        requeued=EndedEditions(number=1, since=NOW, reason="z"),
        refused=EndedEditions(number=50, since=NOW, reason="z"),
        expired=EndedEditions(number=1, since=NOW, reason="z"),
        held=2,
    )
    found = find_problems(facts)
    assert len(found) == 8
    assert len({problem.key for problem in found}) == 8
    assert all(problem.remedy and problem.command.startswith("digest ") for problem in found)


def test_a_long_list_of_broken_profiles_is_cut() -> None:
    (problem,) = find_problems(
        replace(HEALTHY, broken=[f"profile {number}" for number in range(1200)])
    )
    assert "profile 4; and 1,195 more" in problem.what
