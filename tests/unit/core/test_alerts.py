"""At most one mail a day, whatever happens, and nothing that deserves it is lost."""

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


def trouble(
    key: str, *, patience: timedelta = timedelta(), since: datetime | None = None
) -> Problem:
    return Problem(
        key=key, what=key, remedy="mend it", command="digest", patience=patience, since=since
    )


class Operator:
    """Looks at moments, and what was mailed at each."""

    def __init__(self) -> None:
        self.diary = AlertState()
        self.mails: list[tuple[datetime, AlertMessage]] = []

    def look(
        self, hours: float, *found: Problem, works: bool = True
    ) -> tuple[list[str], list[str]]:
        """The keys that a mail tells as open and as over; both empty if there is none."""
        now = NOW + timedelta(hours=hours)
        before = update(self.diary, found, now=now)
        told = message(before, now=now)
        if told is None:
            self.diary = before
            return [], []
        self.diary = mark_sent(before, told, now=now)
        if not works:
            self.diary = mark_unsent(self.diary, before, told)
            return [], []
        self.mails.append((now, told))
        return [note.key for note in told.open], [note.key for note in told.over]


def test_news_is_mailed_at_once_and_not_again_the_same_day() -> None:
    operator = Operator()
    assert operator.look(0, trouble("a")) == (["a"], [])
    assert operator.look(1, trouble("a"), trouble("b")) == ([], [])
    assert operator.look(23.9, trouble("a"), trouble("b")) == (["a", "b"], [])


def test_a_run_a_few_seconds_early_counts_as_the_next_day_but_midnight_does_not() -> None:
    operator = Operator()
    operator.look(17.9, trouble("a"))  # 23:54
    assert operator.look(18.1, trouble("b")) == ([], [])  # 00:06
    assert operator.look(40.8, trouble("b")) == ([], [])
    assert operator.look(41.0, trouble("b")) == (["b"], ["a"])


def test_what_mends_itself_in_time_is_never_told() -> None:
    operator = Operator()
    late = trouble("a", patience=HOUR)
    assert operator.look(0, late) == ([], [])
    assert operator.look(0.5) == ([], [])
    assert operator.look(0.9, late) == ([], [])
    assert operator.look(1.5, late) == ([], []), "it began anew"
    assert operator.look(2, late) == (["a"], [])


def test_what_goes_on_is_told_once_a_week() -> None:
    operator = Operator()
    for day in range(15):
        operator.look(24 * day, trouble("a"))
    assert [now - NOW for now, _ in operator.mails] == [timedelta(), REMIND_AFTER, 2 * REMIND_AFTER]


def test_what_is_over_is_told_with_the_next_mail_and_makes_none_by_itself() -> None:
    operator = Operator()
    operator.look(0, trouble("a"))
    assert operator.look(30) == ([], [])
    assert operator.look(31, trouble("b")) == (["b"], ["a"])
    assert operator.look(72, trouble("c")) == (["c"], ["b"]), "and once"


def test_what_could_not_be_told_is_told_when_it_can_be_though_it_is_over() -> None:
    operator = Operator()
    assert operator.look(0, trouble("server"), works=False) == ([], [])
    assert operator.look(1, trouble("server"), works=False) == ([], [])
    assert operator.look(2) == ([], ["server"])
    (note,) = operator.mails[0][1].over
    assert (note.since, note.over_at) == (NOW, NOW + 2 * HOUR)


def test_what_comes_and_goes_is_no_news_each_time() -> None:
    operator = Operator()
    for day in range(6):
        operator.look(24 * day, trouble("a"))
        operator.look(24 * day + 12)
    assert len(operator.mails) == 1


def test_since_is_the_earliest_that_is_known() -> None:
    operator = Operator()
    operator.look(0, trouble("a", since=NOW - 3 * DAY))
    operator.look(24, trouble("a", since=NOW), trouble("b"))
    assert [note.since for note in operator.mails[1][1].open] == [NOW - 3 * DAY, NOW + DAY]


def test_what_happened_during_the_run_is_told_after_it() -> None:
    operator = Operator()
    assert operator.look(0, trouble("a", since=NOW + timedelta(seconds=5))) == (["a"], [])


def test_a_clock_that_was_set_back_silences_nobody_for_long() -> None:
    operator = Operator()
    operator.look(24 * 400, trouble("a"))
    assert operator.look(0, trouble("b")) == (["b"], ["a"])


def test_what_is_over_is_forgotten_after_a_week() -> None:
    operator = Operator()
    operator.look(0, trouble("a"))
    operator.look(1)
    operator.look(1 + FORGET_AFTER / HOUR)
    assert operator.diary.notes == ()


looks = st.lists(
    st.tuples(
        st.floats(0.01, 60),  # hours since the last look
        st.sets(st.sampled_from("abcd")),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@given(looks)
def test_two_mails_are_never_of_one_day_and_nothing_open_stays_untold(
    steps: list[tuple[float, set[str], bool]],
) -> None:
    operator, hours = Operator(), 0.0
    for passed, found, works in steps:
        hours += passed
        operator.look(hours, *map(trouble, sorted(found)), works=works)
    for (one, _), (other, _) in zip(operator.mails, operator.mails[1:], strict=False):
        assert other - one >= MIN_INTERVAL
        assert other.date() != one.date()
    found = steps[-1][1]
    for _ in range(2):  # the next two days, and the mail server takes letters
        hours += 24.5
        operator.look(hours, *map(trouble, sorted(found)))
    told = {note.key for _, mail in operator.mails for note in mail.open}
    assert found <= told
