"""What deserves a mail to the operator, and what is only how things are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.core.problems import (
    EndedEditions,
    FailingSource,
    SilentSource,
    SystemStatus,
    find_problems,
)

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
CALM = SystemStatus(now=NOW, subscriptions=100)
DAY = timedelta(days=1)


def keys(facts: SystemStatus) -> list[str]:
    return [trouble.key for trouble in find_problems(facts)]


def failing(*, times: int, first: timedelta, last: timedelta = timedelta()) -> FailingSource:
    return FailingSource(name="a", first=NOW - first, last=NOW - last, times=times, reason="503")


def test_nothing_is_said_where_nothing_is_wrong() -> None:
    assert keys(CALM) == []


@pytest.mark.parametrize(
    "source, told",
    [
        (failing(times=1, first=timedelta(hours=1)), False),
        (failing(times=1, first=3 * DAY, last=3 * DAY), False),  # a broken file, read once
        (failing(times=20, first=timedelta(hours=10)), False),  # it may recover within the day
        (failing(times=2, first=DAY), True),  # two runs by cron
        (failing(times=40, first=timedelta(hours=20)), True),
        (failing(times=40, first=9 * DAY, last=5 * DAY), False),  # it is not looked at any more
    ],
)
def test_a_source_may_fail_for_most_of_a_day(source: FailingSource, told: bool) -> None:  # noqa: FBT001
    assert keys(replace(CALM, failing=[source])) == (["source a"] if told else [])


def test_a_source_that_fails_is_told_of_once_though_it_is_silent_too() -> None:
    silent = SilentSource(name="a", warning="source a: nothing new", fresh_at=NOW - 9 * DAY)
    facts = replace(CALM, silent=[silent], failing=[failing(times=9, first=3 * DAY)])
    (trouble,) = find_problems(facts)
    assert "could not be read, 9 times in a row: 503" in trouble.what
    assert keys(replace(CALM, silent=[silent])) == ["source a"]


@pytest.mark.parametrize(
    "refused, subscriptions, told", [(1, 1, True), (1, 49, True), (2, 100, False), (3, 100, True)]
)
def test_a_few_dead_mailboxes_of_a_long_list_are_no_news(
    refused: int,
    subscriptions: int,
    told: bool,  # noqa: FBT001
) -> None:
    facts = replace(
        CALM,
        subscriptions=subscriptions,
        refused=EndedEditions(number=refused, since=NOW, reason="550"),
    )
    assert keys(facts) == (["refused"] if told else [])


def test_a_queue_is_late_after_its_limit_alone() -> None:
    limit = CALM.queue_limit
    assert keys(replace(CALM, waiting_since=NOW - limit)) == []
    assert keys(replace(CALM, waiting_since=NOW - limit - timedelta(seconds=1))) == ["queue"]


def test_of_a_mail_server_in_trouble_the_cause_is_told_and_not_its_effects() -> None:
    facts = replace(
        CALM,
        paused=EndedEditions(number=1, since=NOW, reason="5.7.1"),
        put_back=EndedEditions(number=9, since=NOW, reason="5.7.1"),
        waiting_since=NOW - DAY,
    )
    assert keys(facts) == ["paused"]
    assert keys(replace(facts, paused=None)) == ["server"]


@pytest.mark.parametrize(
    "facts",
    [
        replace(CALM, raised=["collect: no space left"]),
        replace(CALM, broken=["profiles/ada.toml:2:1: unknown key"]),
        replace(CALM, put_back=EndedEditions(number=1, since=NOW, reason="no route")),
    ],
)
def test_what_the_next_run_may_mend_is_given_the_time_that_the_caller_says(
    facts: SystemStatus,
) -> None:
    (trouble,) = find_problems(replace(facts, patience=DAY))
    assert trouble.patience == DAY


def test_every_trouble_says_what_to_do_and_what_shows_more() -> None:
    facts = replace(
        CALM,
        raised=["x"],
        broken=["y"],
        silent=[SilentSource(name="s", warning="source s: nothing new", fresh_at=None)],
        failing=[failing(times=9, first=3 * DAY)],
        put_back=EndedEditions(number=1, since=NOW, reason="z"),
        refused=EndedEditions(number=50, since=NOW, reason="z"),
        expired=EndedEditions(number=1, since=NOW, reason="z"),
        held=2,
    )
    found = find_problems(facts)
    assert len(found) == 8
    assert len({trouble.key for trouble in found}) == 8
    assert all(trouble.remedy and trouble.command.startswith("digest ") for trouble in found)


def test_a_long_list_of_broken_profiles_is_cut() -> None:
    (trouble,) = find_problems(
        replace(CALM, broken=[f"profile {number}" for number in range(1200)])
    )
    assert "profile 4; and 1,195 more" in trouble.what
