"""The operator gets at most one mail a day, and every problem is reported in the end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.core.alerts import (
    FORGET_AFTER,
    MIN_INTERVAL,
    REMIND_AFTER,
    AlertMessage,
    AlertState,
    mark_sent,
    mark_unsent,
    message,
    update,
)
from digest.core.problems import Problem

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def problem(
    key: str, *, patience: timedelta = timedelta(), since: datetime | None = None
) -> Problem:
    return Problem(
        key=key, what=key, remedy="fix it", command="digest", patience=patience, since=since
    )


class Operator:
    """An operator whose installation is checked at several moments, with the mails so far."""

    def __init__(self) -> None:
        self.state = AlertState()
        self.mails: list[tuple[datetime, AlertMessage]] = []

    def check(
        self, hours: float, *problems: Problem, works: bool = True
    ) -> tuple[list[str], list[str]]:
        """Returns the keys of the open and the solved problems in the mail; both empty without one."""
        now = NOW + timedelta(hours=hours)
        before = update(self.state, problems, now=now)
        mail = message(before, now=now)
        if mail is None:
            self.state = before
            return [], []
        self.state = mark_sent(before, mail, now=now)
        if not works:
            self.state = mark_unsent(self.state, before, mail)
            return [], []
        self.mails.append((now, mail))
        return [alert.key for alert in mail.open], [alert.key for alert in mail.over]


def test_a_new_problem_is_mailed_at_once_and_not_again_the_same_day() -> None:
    operator = Operator()
    assert operator.check(0, problem("a")) == (["a"], [])
    assert operator.check(1, problem("a"), problem("b")) == ([], [])
    assert operator.check(23.9, problem("a"), problem("b")) == (["a", "b"], [])


def test_a_run_a_few_seconds_early_counts_as_the_next_day_but_midnight_does_not() -> None:
    operator = Operator()
    operator.check(17.9, problem("a"))  # 23:54
    assert operator.check(18.1, problem("b")) == ([], [])  # 00:06
    assert operator.check(40.8, problem("b")) == ([], [])
    assert operator.check(41.0, problem("b")) == (["b"], ["a"])


def test_a_problem_that_ends_within_its_patience_is_never_reported() -> None:
    operator = Operator()
    late = problem("a", patience=HOUR)
    assert operator.check(0, late) == ([], [])
    assert operator.check(0.5) == ([], [])
    assert operator.check(0.9, late) == ([], [])
    assert operator.check(1.5, late) == ([], []), "it started again"
    assert operator.check(2, late) == (["a"], [])


def test_a_lasting_problem_is_reported_once_a_week() -> None:
    operator = Operator()
    for day in range(15):
        operator.check(24 * day, problem("a"))
    assert [now - NOW for now, _ in operator.mails] == [timedelta(), REMIND_AFTER, 2 * REMIND_AFTER]


def test_a_solved_problem_is_reported_with_the_next_mail_and_causes_none() -> None:
    operator = Operator()
    operator.check(0, problem("a"))
    assert operator.check(30) == ([], [])
    assert operator.check(31, problem("b")) == (["b"], ["a"])
    assert operator.check(72, problem("c")) == (["c"], ["b"]), "and once"


def test_a_problem_whose_mail_failed_is_reported_later_even_if_it_is_solved() -> None:
    operator = Operator()
    assert operator.check(0, problem("server"), works=False) == ([], [])
    assert operator.check(1, problem("server"), works=False) == ([], [])
    assert operator.check(2) == ([], ["server"])
    (alert,) = operator.mails[0][1].over
    assert (alert.since, alert.over_at) == (NOW, NOW + 2 * HOUR)


def test_a_problem_that_deserved_a_mail_still_does_when_its_patience_grows() -> None:
    operator = Operator()
    operator.check(0, problem("server"), works=False)
    assert operator.check(1, problem("server", patience=DAY)) == (["server"], [])


def test_a_problem_that_comes_and_goes_is_reported_once() -> None:
    operator = Operator()
    for day in range(6):
        operator.check(24 * day, problem("a"))
        operator.check(24 * day + 12)
    assert len(operator.mails) == 1


def test_since_is_the_earliest_known_moment() -> None:
    operator = Operator()
    operator.check(0, problem("a", since=NOW - 3 * DAY))
    operator.check(24, problem("a", since=NOW), problem("b"))
    assert [alert.since for alert in operator.mails[1][1].open] == [NOW - 3 * DAY, NOW + DAY]


def test_a_problem_that_began_during_the_run_is_reported_after_it() -> None:
    operator = Operator()
    assert operator.check(0, problem("a", since=NOW + timedelta(seconds=5))) == (["a"], [])


def test_a_clock_that_was_set_back_does_not_stop_the_mails() -> None:
    operator = Operator()
    operator.check(24 * 400, problem("a"))
    assert operator.check(0, problem("b")) == (["b"], ["a"])


def test_a_solved_problem_is_forgotten_after_a_week() -> None:
    operator = Operator()
    operator.check(0, problem("a"))
    operator.check(1)
    operator.check(1 + FORGET_AFTER / HOUR)
    assert operator.state.alerts == ()


checks = st.lists(
    st.tuples(
        st.floats(0.01, 60),  # hours since the last check
        st.sets(st.sampled_from("abcd")),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@given(checks)
def test_there_are_never_two_mails_on_one_day_and_every_open_problem_is_reported(
    steps: list[tuple[float, set[str], bool]],
) -> None:
    operator, hours = Operator(), 0.0
    for passed, found, works in steps:
        hours += passed
        operator.check(hours, *map(problem, sorted(found)), works=works)
    for (one, _), (other, _) in zip(operator.mails, operator.mails[1:], strict=False):
        assert other - one >= MIN_INTERVAL
        assert other.date() != one.date()
    found = steps[-1][1]
    for _ in range(2):  # the next two days, and the mail server accepts messages
        hours += 24.5
        operator.check(hours, *map(problem, sorted(found)))
    told = {alert.key for _, mail in operator.mails for alert in mail.open}
    assert found <= told
