"""When a paper is looked up again, and when a service is."""

from datetime import UTC, datetime, timedelta

from digest.core.enrichment.pauses import PAUSES, WINDOW, next_lookup, next_use

NOW = datetime(2026, 5, 11, tzinfo=UTC)


def test_the_pauses_grow_and_then_a_paper_is_given_up() -> None:
    days = [next_lookup(requests, now=NOW) for requests in range(1, 6)]
    assert [day and (day - NOW).days for day in days] == [1, 3, 7, 21, None]


def test_a_paper_is_asked_for_within_the_window_as_often_as_there_are_pauses() -> None:
    assert sum(PAUSES, timedelta()) < WINDOW


def test_a_service_that_fails_rests_longer_each_time_up_to_a_day() -> None:
    waits = [
        next_use(failures, now=NOW, retry_after=None) - NOW for failures in (1, 2, 3, 6, 7, 99)
    ]
    assert [wait / timedelta(hours=1) for wait in waits] == [0.5, 1, 2, 16, 24, 24]


def test_a_service_may_ask_for_a_longer_rest_but_for_no_more_than_a_day() -> None:
    assert next_use(1, now=NOW, retry_after=7200.0) == NOW + timedelta(hours=2)
    assert next_use(1, now=NOW, retry_after=5.0) == NOW + timedelta(minutes=30)
    assert next_use(1, now=NOW, retry_after=1e9) == NOW + timedelta(days=1)
