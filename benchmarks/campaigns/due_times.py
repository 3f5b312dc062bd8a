"""Two years of digests in every time zone, with restarts, outages and clocks that jump.

    python benchmarks/campaigns/due_times.py [--zones N] [--seed N]

A scheduler that checks once an hour, on a simulated clock: it is restarted now and then, is
away for 26 hours, and its clock is wrong by some hours for a while. There is always
something to send, every day. It counts the local days with two digests, and those with none:
whether no check fell into the day's hours (nor, the day before having had none either, into the
day at all), or only after the clock had shown a later day and was set back, or neither.

What is expected is worked out from the readers' wall clocks, hour by hour, without the
calendar that is measured.
"""

import argparse
import random
import sys
import time as stopwatch
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from digest.core.models.profiles import Profile
from digest.core.subscribers.due_times import DueState, decide, next_state

START = datetime(2025, 3, 1, tzinfo=UTC)
YEARS = timedelta(days=731)
HOUR = timedelta(hours=1)
OUTAGE = timedelta(hours=26)
HOURS: tuple[str | None, ...] = (None, "00:00", "02:30", "07:30", "23:30")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One check of the scheduler."""

    true: datetime  # when it was
    shown: datetime  # what its clock said


@dataclass(slots=True, kw_only=True)
class SimulatedDays:
    """What came of one reader's days."""

    made: list[Tick] = field(default_factory=list)
    twice: list[date] = field(default_factory=list)
    away: list[date] = field(default_factory=list)  # none, as no check fell into its hours
    again: list[date] = field(default_factory=list)  # none: looked into once it had been over
    lost: list[date] = field(default_factory=list)  # none, without a reason


Step = Callable[[Profile, DueState, datetime], tuple[bool, DueState]]


def step(profile: Profile, known: DueState, now: datetime) -> tuple[bool, DueState]:
    """One check by the product's calendar: whether a digest was made, and what is known then."""
    called = decide(profile, known, now)
    if called.due:
        return True, next_state(profile, called, known, made=True, now=now)
    return False, DueState(next_due=called.next_due, used_at=known.used_at)


def ticks(chance: random.Random, *, start: datetime = START, span: timedelta = YEARS) -> list[Tick]:
    """Checks an hour apart, with outages, restarts and wrong clocks."""
    made: list[Tick] = []
    true, ahead = start + timedelta(minutes=chance.randrange(60)), timedelta()
    while true < start + span:
        made.append(Tick(true=true, shown=true + ahead))
        true += HOUR
        fate = chance.random()
        if fate < 1 / 400:  # about every two weeks
            true += OUTAGE
        elif fate < 1 / 100:  # a restart, at another minute
            true += timedelta(minutes=chance.randrange(1, 180))
        elif fate < 1 / 70:  # the clock is set wrong, or right again
            wrong = timedelta(minutes=chance.randrange(-360, 360))
            ahead = timedelta() if ahead else wrong
    return made


def simulate(profile: Profile, checks: Sequence[Tick], *, by: Step = step) -> SimulatedDays:
    """The days of one reader who has always something to get."""
    known = DueState(next_due=checks[0].shown)
    found = SimulatedDays()
    for tick in checks:
        if tick.shown < known.next_due:  # as the database would say
            continue
        made, known = by(profile, known, tick.shown)
        if made:
            found.made.append(tick)
    zone = ZoneInfo(profile.timezone)
    dated = Counter(tick.shown.astimezone(zone).date() for tick in found.made)
    found.twice = sorted(day for day, times in dated.items() if times > 1)
    seen, inside, once_over = _checked_days(profile, zone, checks)
    days = list(_days(zone, checks))
    for before, day in pairwise(days):
        if day in dated:
            continue
        had_its_hours = before in inside or before in once_over
        owed = day in seen and not had_its_hours and _shows(profile, zone, before)
        kind = found.again if day in once_over else found.away
        (found.lost if day in inside or owed else kind).append(day)
    return found


def _checked_days(
    profile: Profile, zone: ZoneInfo, checks: Sequence[Tick]
) -> tuple[set[date], set[date], set[date]]:
    """The local days with a check, and with one in their hours: the wall clock showed `send_at`.

    The last are those that the clock went back to after it had shown a later day.
    """
    from_then = time.fromisoformat(profile.send_at or "00:00")
    seen: set[date] = set()
    inside: set[date] = set()
    once_over: set[date] = set()
    latest = date.min
    for tick in checks:
        wall = tick.shown.astimezone(zone)
        day = wall.date()
        latest = max(latest, day)
        if day == latest:
            seen.add(day)
        shows = wall.time() >= from_then
        if wall.fold and not shows:  # it had been later before
            back = ((tick.shown - n * HOUR / 4).astimezone(zone) for n in range(1, 13))
            shows = any(one.date() == day and one.time() >= from_then for one in back)
        if shows:
            (once_over if day < latest else inside).add(day)
    return seen, inside, once_over


def _shows(profile: Profile, zone: ZoneInfo, day: date) -> bool:
    """Whether the wall clock shows `send_at` on that day, or later: a few days end before."""
    hour = datetime.combine(day, time.fromisoformat(profile.send_at or "00:00"), zone)
    return hour.astimezone(UTC).astimezone(zone).date() == day


def _days(zone: ZoneInfo, checks: Sequence[Tick]) -> Iterator[date]:
    """The local days between the first and the last, which are left out: they are not whole."""
    first, last = checks[0].true, checks[-1].true
    seen: set[date] = set()
    moment = first
    while moment < last:
        seen.add(moment.astimezone(zone).date())
        moment += HOUR
    yield from sorted(seen)[1:-1]


def main() -> None:
    """Prints the days by what came of them, and every day without a digest by its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", type=int, default=0, help="so many of them; 0: all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--list", action="store_true", help="list every day without a digest")
    wanted = parser.parse_args()
    names = sorted(available_timezones())
    if wanted.zones:
        names = random.Random(wanted.seed).sample(names, wanted.zones)
    begun = stopwatch.perf_counter()
    totals: Counter[str] = Counter()
    for number, name in enumerate(names):
        checks = ticks(random.Random(wanted.seed * 1000 + number))
        for hour in HOURS:
            found = simulate(Profile(topics=(), timezone=name, send_at=hour), checks)
            totals["digests"] += len(found.made)
            for kind in ("twice", "away", "again", "lost"):
                days: list[date] = getattr(found, kind)
                totals[kind] += len(days)
                if days and (wanted.list or kind in ("twice", "lost")):
                    print(f"{kind}: {name} {hour}: {', '.join(map(str, days))}")
    took = stopwatch.perf_counter() - begun
    print(f"{len(names)} zones x {len(HOURS)} hours x {YEARS.days} days, in {took:.0f} s")
    print(f"digests made                            {totals['digests']:9,}")
    print(f"days with two                           {totals['twice']:9,}")
    print(f"days with none, no check in their hours  {totals['away']:9,}")
    print(f"days with none, the clock was set back  {totals['again']:9,}")
    print(f"days with none otherwise                {totals['lost']:9,}")
    sys.exit(bool(totals["twice"] or totals["lost"]))


if __name__ == "__main__":
    main()
