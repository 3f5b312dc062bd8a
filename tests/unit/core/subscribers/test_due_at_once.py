"""A reader who confirmed gets the first digest at the next run, whatever the schedule says."""

from datetime import UTC, datetime, timedelta

from digest.core.models.profiles import Profile
from digest.core.subscribers.due_times import AT_ONCE, DueState, decide, next_state

MONDAY = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)
FRIDAYS = Profile(topics=(), days=(4,), send_at="09:00")


def test_the_first_digest_waits_for_no_day_and_no_hour() -> None:
    decision = decide(FRIDAYS, DueState(next_due=AT_ONCE), MONDAY)
    assert decision.due


def test_after_the_first_digest_the_schedule_holds() -> None:
    first = DueState(next_due=AT_ONCE)
    for made in (True, False):
        then = next_state(FRIDAYS, decide(FRIDAYS, first, MONDAY), first, made=made, now=MONDAY)
        assert then.next_due == datetime(2026, 5, 15, 9, 0, tzinfo=UTC)
        assert not decide(FRIDAYS, then, MONDAY + timedelta(days=1)).due
        assert decide(FRIDAYS, then, then.next_due).due


def test_a_day_that_had_its_digest_gets_no_second_one() -> None:
    state = DueState(next_due=AT_ONCE, used_at=MONDAY - timedelta(hours=1))
    assert not decide(FRIDAYS, state, MONDAY).due
