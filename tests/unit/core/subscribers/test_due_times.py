"""When a digest is due: `send_at`, unusual days, patience, and missed slots."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.speed.long_tests import LONG

from benchmarks.campaigns import due_times
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.subscribers.due_times import (
    MAX_CATCH_UP,
    DueDecision,
    DueState,
    WaitReason,
    decide,
    local_date,
    next_state,
)

TOPICS = (Topic(name="T", keywords=(Keyword(text="t", term="t"),)),)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def profile(**fields: object) -> Profile:
    return Profile(topics=TOPICS, **fields)  # type: ignore[arg-type] # a builder takes any field


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


PARIS = profile(send_at="07:30", timezone="Europe/Paris")  # 05:30 UTC in summer


def decision(of: Profile, now: str, *, since: str | None = None, **state: str) -> DueDecision:
    """Returns the decision at `now` for a subscription whose slots from `since` on had no run."""
    moments = {name: at(moment) for name, moment in state.items()}
    return decide(of, DueState(next_due=at(since or now), **moments), at(now))


@pytest.mark.parametrize(
    "zone, expected",
    [("Pacific/Kiritimati", "2026-05-12"), ("UTC", "2026-05-11"), ("Pacific/Niue", "2026-05-11")],
)
def test_the_date_is_that_of_the_readers_time_zone(zone: str, expected: str) -> None:
    now = "2026-05-11T12:00:00Z"
    assert decision(profile(timezone=zone), now).date.isoformat() == expected
    assert local_date(profile(timezone=zone), at(now)).isoformat() == expected


def test_without_send_at_the_whole_day_is_due() -> None:
    assert decision(profile(), "2026-05-11T00:00:00Z").due


def test_with_send_at_the_day_is_due_from_that_time() -> None:
    early = decision(PARIS, "2026-05-11T05:29:59Z")
    assert (early.due, early.next_due) == (False, at("2026-05-11T05:30:00Z"))
    assert early.reason == "not before 07:30 in Europe/Paris; it is 07:29 there"
    assert decision(PARIS, "2026-05-11T05:30:00Z").due


@pytest.mark.parametrize(
    "zone, send_at, day, opens",
    [
        ("Europe/Paris", "02:30", "2026-03-29", "2026-03-29T01:00:00Z"),  # skipped
        ("Europe/Paris", "02:30", "2026-10-25", "2026-10-25T00:30:00Z"),  # twice: the first
        ("Africa/Cairo", "00:00", "2026-04-24", "2026-04-23T22:00:00Z"),  # no midnight
        ("Africa/Cairo", None, "2026-04-24", "2026-04-23T22:00:00Z"),
        ("Australia/Lord_Howe", "02:15", "2026-10-04", "2026-10-03T15:30:00Z"),  # half an hour
        ("America/Nuuk", "23:30", "2026-03-28", "2026-03-29T00:00:00Z"),  # its day ends at 23:00
        ("Asia/Kathmandu", "07:30", "2026-05-11", "2026-05-11T01:45:00Z"),
    ],
)
def test_a_skipped_time_is_due_after_the_gap_and_a_repeated_time_the_first_time(
    zone: str, send_at: str | None, day: str, opens: str
) -> None:
    of = profile(timezone=zone, send_at=send_at, days=(date.fromisoformat(day).weekday(),))
    before = at(opens) - timedelta(seconds=1)
    assert not decide(of, DueState(next_due=before), before).due
    assert decide(of, DueState(next_due=before), before).next_due == at(opens)
    open_slot = decide(of, DueState(next_due=at(opens)), at(opens))
    assert (open_slot.due, open_slot.date.isoformat()) == (True, day)


def test_a_day_that_the_zone_skipped_has_no_digest_and_the_next_one_has_one() -> None:
    apia = profile(timezone="Pacific/Apia", send_at="07:30", days=(3, 4, 5))  # Thu, Fri, Sat
    thursday = at("2011-12-29T17:30:00Z")  # 07:30 at -10
    first = decide(apia, DueState(next_due=thursday), thursday)
    state = next_state(apia, first, DueState(next_due=thursday), made=True, now=thursday)
    assert first.date == date(2011, 12, 29)
    assert state.next_due == at("2011-12-30T17:30:00Z")  # Saturday the 31st, 07:30 at +14
    assert decide(apia, state, state.next_due).date == date(2011, 12, 31)


def test_a_weekly_digest_whose_day_was_skipped_comes_a_week_later() -> None:
    apia = profile(timezone="Pacific/Apia", send_at="07:30", days=(4,))
    now = at("2011-12-23T18:00:00Z")
    state = next_state(
        apia, decide(apia, DueState(next_due=now), now), DueState(next_due=now), made=True, now=now
    )
    assert state.next_due == at("2012-01-05T17:30:00Z")


def test_a_day_that_is_not_in_the_profile_is_not_due() -> None:
    monday = decision(profile(days=(4,)), "2026-05-11T12:00:00Z")
    assert not monday.due
    assert monday.reason == "Monday is not among its days (Fri)"
    assert monday.next_due == at("2026-05-15T00:00:00Z")


def test_a_day_has_one_digest() -> None:
    now = at("2026-05-11T06:00:00Z")
    state = next_state(
        PARIS,
        decide(PARIS, DueState(next_due=now), now),
        DueState(next_due=now),
        made=True,
        now=now,
    )
    assert state.next_due == at("2026-05-12T05:30:00Z")
    later = decide(PARIS, state, at("2026-05-11T21:59:00Z"))
    assert (later.due, later.next_due) == (False, state.next_due)
    assert decide(PARIS, state, at("2026-05-12T05:30:00Z")).due


def after_empty_run(of: Profile, state: DueState, now: str) -> DueState:
    """Returns the state after a run that found no papers."""
    decided = decide(of, state, at(now))
    assert decided.due
    return next_state(of, decided, state, made=False, now=at(now))


def test_a_run_without_papers_leaves_the_day_open_until_patience_ends() -> None:
    state = after_empty_run(
        PARIS, DueState(next_due=at("2026-05-11T05:30:00Z")), "2026-05-11T05:30:00Z"
    )
    assert state.waiting_until == at("2026-05-11T09:30:00Z")
    assert decide(PARIS, state, at("2026-05-11T09:29:00Z")).due
    over = decide(PARIS, state, at("2026-05-11T09:30:00Z"))
    assert over.deadline_passed(at("2026-05-11T09:30:00Z"))
    done = after_empty_run(PARIS, state, "2026-05-11T09:30:00Z")
    assert done == DueState(next_due=at("2026-05-12T05:30:00Z"), used_at=at("2026-05-11T09:30:00Z"))
    late = decide(PARIS, done, at("2026-05-11T10:00:00Z"))
    assert (late.due, late.reason) == (False, "11 May 2026 is over for its digest")
    assert (late.wait, late.used_day) == (WaitReason.DAY_USED, date(2026, 5, 11))


def test_patience_ends_at_the_latest_in_the_middle_of_the_slot() -> None:
    late = decision(profile(send_at="22:00"), "2026-05-11T22:00:00Z")
    assert late.patience_ends_at == at("2026-05-11T23:00:00Z")


def test_without_send_at_an_empty_day_stays_open_until_it_ends() -> None:
    assert decision(profile(), "2026-05-11T07:00:00Z").patience_ends_at == at(
        "2026-05-12T00:00:00Z"
    )
    decided = decision(profile(when_empty="send"), "2026-05-11T07:00:00Z")
    assert decided.patience_ends_at == at("2026-05-11T04:00:00Z")


def test_an_empty_slot_with_a_run_gets_no_catch_up() -> None:
    state = after_empty_run(
        PARIS, DueState(next_due=at("2026-05-11T05:30:00Z")), "2026-05-11T06:00:00Z"
    )
    morning = decide(PARIS, state, at("2026-05-12T04:00:00Z"))
    assert (morning.due, morning.next_due) == (False, at("2026-05-12T05:30:00Z"))


def test_after_downtime_one_digest_is_due_at_once_with_the_date_of_today() -> None:
    since, now = "2026-05-08T05:30:00Z", "2026-05-11T04:00:00Z"
    decided = decision(PARIS, now, since=since)
    assert (decided.due, decided.catch_up, decided.date) == (True, True, date(2026, 5, 11))
    state = next_state(PARIS, decided, DueState(next_due=at(since)), made=True, now=at(now))
    again = decide(PARIS, state, at("2026-05-11T05:30:00Z"))
    assert (again.due, again.next_due) == (False, at("2026-05-12T05:30:00Z"))


def test_a_catch_up_can_be_on_a_day_that_is_not_in_the_profile() -> None:
    weekly = profile(days=(4,), send_at="09:00")
    friday = "2026-05-15T09:00:00Z"
    saturday = decision(weekly, "2026-05-16T06:00:00Z", since=friday)
    assert (saturday.due, saturday.date) == (True, date(2026, 5, 16))
    last = at("2026-05-16T00:00:00Z") + MAX_CATCH_UP
    assert decide(weekly, DueState(next_due=at(friday)), last).due
    too_late = decide(weekly, DueState(next_due=at(friday)), last + timedelta(seconds=1))
    assert (too_late.due, too_late.next_due) == (False, at("2026-05-22T09:00:00Z"))


def test_an_empty_catch_up_does_not_use_the_day_up() -> None:
    state = after_empty_run(
        PARIS, DueState(next_due=at("2026-05-10T05:30:00Z")), "2026-05-11T04:00:00Z"
    )
    assert state == DueState(next_due=at("2026-05-11T05:30:00Z"))


def test_one_run_a_day_before_send_at_makes_a_digest_every_day_from_the_second_on() -> None:
    state = DueState(next_due=at("2026-05-11T05:00:00Z"))
    made: list[bool] = []
    for day in range(11, 18):
        now = at(f"2026-05-{day}T05:00:00Z")
        decided = decide(PARIS, state, now)
        made.append(decided.due)
        state = (
            next_state(PARIS, decided, state, made=True, now=now)
            if decided.due
            else DueState(next_due=decided.next_due, used_at=state.used_at)
        )
    assert made == [False, *[True] * 6]


@pytest.mark.parametrize(
    "before, now_in", [("Pacific/Niue", "Pacific/Kiritimati"), ("UTC", "Asia/Tokyo")]
)
def test_a_reader_who_moves_east_gets_no_second_digest_on_the_same_date(
    before: str, now_in: str
) -> None:
    made_at = at("2026-05-11T20:00:00Z")
    home, away = profile(timezone=before), profile(timezone=now_in)
    state = next_state(
        home,
        decide(home, DueState(next_due=made_at), made_at),
        DueState(next_due=made_at),
        made=True,
        now=made_at,
    )
    there = made_at.astimezone(ZoneInfo(now_in)).date()
    for hours in range(1, 30):
        later = made_at + timedelta(hours=hours)
        decided = decide(away, state, later)
        assert decided.due == (decided.date > there)


def test_a_clock_that_was_years_ahead_does_not_stop_the_digests() -> None:
    state = DueState(next_due=at("2031-01-02T05:30:00Z"), used_at=at("2031-01-01T06:00:00Z"))
    assert decide(PARIS, state, at("2026-05-11T06:00:00Z")).due


HARD_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Asuncion",
    "America/Havana",
    "America/Nuuk",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/Paris",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
    "UTC",
]
ODD_TIMES = [  # changes of the past, which no zone has today
    ("Pacific/Apia", 2011),
    ("Pacific/Kwajalein", 1993),
    ("Pacific/Kiritimati", 1994),
    ("America/St_Johns", 2010),
    ("America/Sao_Paulo", 2017),
    ("Asia/Amman", 2014),
    ("Europe/Volgograd", 2018),
    ("Asia/Pyongyang", 2018),
    ("Antarctica/Casey", 2018),
]


@pytest.mark.parametrize("zone", HARD_ZONES)
def test_in_a_year_with_outages_and_wrong_clocks_no_day_has_two_digests_and_none_is_lost(
    zone: str,
) -> None:
    year = due_times.ticks(random.Random(zone), span=timedelta(days=366))
    away = 0
    for hour in due_times.HOURS:
        result = due_times.simulate(profile(timezone=zone, send_at=hour), year)
        assert (result.twice, result.lost) == ([], [])
        assert len(result.made) > 300
        away += len(result.away)
    assert away  # otherwise the outages were not tested


@pytest.mark.parametrize("zone, year", ODD_TIMES)
def test_skipped_and_repeated_days_have_no_two_digests_and_none_is_lost(
    zone: str, year: int
) -> None:
    start = datetime(year, 1, 1, tzinfo=UTC)
    for seed in range(3 if LONG else 1):
        checks = due_times.ticks(random.Random(seed), start=start, span=timedelta(days=366))
        for hour in due_times.HOURS:
            result = due_times.simulate(profile(timezone=zone, send_at=hour), checks)
            assert (result.twice, result.lost) == ([], [])


def by_24_hours(of: Profile, state: DueState, now: datetime) -> tuple[bool, DueState]:
    """A naive calendar: the same time, 24 hours later."""
    del of
    return True, DueState(next_due=state.next_due + timedelta(hours=24), used_at=now)


def by_the_wall(of: Profile, state: DueState, now: datetime) -> tuple[bool, DueState]:
    """A naive calendar: tomorrow at that local time, without catch-up."""
    del state
    zone = ZoneInfo(of.timezone)
    hour, minute = map(int, (of.send_at or "00:00").split(":"))
    next_one = now.astimezone(zone).replace(hour=hour, minute=minute) + timedelta(days=1)
    return True, DueState(next_due=next_one.astimezone(UTC), used_at=now)


@pytest.mark.parametrize("naive", [by_24_hours, by_the_wall])
def test_the_simulation_detects_a_naive_calendar(naive: due_times.Step) -> None:
    checks = due_times.ticks(random.Random(1), span=timedelta(days=366))
    results = (
        due_times.simulate(profile(timezone=zone, send_at=hour), checks, by=naive)
        for zone in HARD_ZONES
        for hour in due_times.HOURS
    )
    assert any(result.twice or result.lost for result in results)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    return profile(
        timezone=draw(st.sampled_from(HARD_ZONES)),
        send_at=draw(st.none() | st.times().map(lambda hour: f"{hour:%H:%M}")),
        days=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        when_empty=draw(st.sampled_from(["skip", "send"])),
        patience=timedelta(minutes=draw(st.integers(0, 24 * 60))),
    )


STEPS = st.tuples(st.integers(1, 70 * 60) | st.integers(-600, 0), st.booleans())


@given(
    profiles(),
    st.integers(0, 4 * 366 * 24 * 60).map(lambda m: timedelta(minutes=m)),
    st.lists(STEPS, max_size=60),
)
def test_no_local_day_has_two_digests_for_any_sequence_of_runs(
    of: Profile, since: timedelta, steps: list[tuple[int, bool]]
) -> None:
    zone = ZoneInfo(of.timezone)
    now = datetime(2024, 1, 1, tzinfo=UTC) + since
    state = DueState(next_due=now)
    made: list[date] = []
    for minutes, news in steps:
        now += timedelta(minutes=minutes)
        decided = decide(of, state, now)
        assert decided.due is (not decided.reason)
        if decided.due:
            has = news or (of.when_empty == "send" and decided.deadline_passed(now))
            made += [decided.date] * has
            assert decided.date == now.astimezone(zone).date()
            assert decided.catch_up or decided.date.weekday() in of.days
            state = next_state(of, decided, state, made=has, now=now)
            if has:
                assert not decide(of, state, now).due
        else:
            state = DueState(next_due=decided.next_due, used_at=state.used_at)
    assert len(set(made)) == len(made)
    due = decide(of, state, now)
    if not due.due and due.next_due > now:  # it will be due then
        assert decide(of, DueState(next_due=due.next_due, used_at=state.used_at), due.next_due).due
