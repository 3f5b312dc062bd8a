"""Recorded weeks of Daily Papers, served over HTTP and fetched like by the scheduler.

They have weekends, a morning before the list is published, a day on which the server fails, days
that are fetched while their lists grow, and a holiday that the calendar does not have.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from support.homes import PROFILE
from support.samples.recorded_days import Site, ids, needs_days, recorded, served
from support.speed.databases import new_sqlite_store
from support.subscribers import start_subscription

from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.delivery import ClaimedEdition, Envelope, Outcome, Sent
from digest.core.models.papers import AnnouncementKind
from digest.core.schedule.announcement_days import HUGGING_FACE
from digest.core.schedule.polling import HOURLY
from digest.pipeline.collect import TimedSource, collect
from digest.pipeline.delivery.deliver import DeliveryOptions, Runtime, Transport, deliver
from digest.pipeline.maintenance import release_dead_claims
from digest.pipeline.publishing.publish import publish
from digest.pipeline.source_health import MonitoredSource, Severity, check_sources
from digest.sources.http.client import Client
from digest.sources.kinds.huggingface import HuggingFaceSource
from digest.store.archive import shown_papers
from digest.store.database.store import Store
from digest.store.papers import announcements

TICK = timedelta(hours=2)

pytestmark = needs_days


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


@dataclass
class Observations:
    """What happened at each tick."""

    reports: list[tuple[datetime, BatchReport]] = field(default_factory=list)
    levels: dict[Severity, set[date]] = field(default_factory=dict)
    warnings: set[str] = field(default_factory=set)
    messages: list[datetime] = field(default_factory=list)

    def verdicts(self, day: date) -> list[Verdict]:
        """Returns the verdicts about the list of a day on that day, without repetitions."""
        verdicts = [
            report.verdict
            for at, report in self.reports
            if at.date() == day and (report.announced == day or report.announced is None)
        ]
        return [verdict for verdict, _ in groupby(verdicts)]

    def days(self, level: Severity) -> list[str]:
        return [str(day) for day in sorted(self.levels.get(level, set()))]


class AcceptingTransport:
    """A transport that accepts every message."""

    def __init__(self) -> None:
        self.taken = 0

    def connect(self) -> AbstractContextManager[Transport]:
        return nullcontext(self)

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        del sender, recipient, message, following
        self.taken += 1
        return Sent(reply="250 ok")


def message(claimed: ClaimedEdition) -> Envelope:
    to = claimed.subscription.email
    return Envelope(sender="digest@example.org", recipient=to, message=b"Subject: x\r\n\r\n")


def run_days(store: Store, site: Site, first: date, last: date) -> Observations:
    """Runs all stages every two hours of these days, in the order of the scheduler."""
    passed = 0.0
    observations, transport = Observations(), AcceptingTransport()

    def sleep(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    with served(site) as address:
        client = Client(user_agent="Test/1", sleep=sleep, clock=lambda: passed, jitter=lambda: 0.5)
        source = HuggingFaceSource(name="hf", client=lambda: client, base=address, trusted=True)
        timed = TimedSource(source=source, schedule=HOURLY, jitter=lambda: 0.0)
        moments = Runtime(clock=lambda: passed, sleep=sleep, jitter=lambda: 0.5)
        now = datetime.combine(first, time(), UTC)
        while now.date() <= last:
            site.now = now
            for report in collect(store, [timed], now=now, due_only=True):
                observations.reports.append((now, report))
            publish(store, now=now, message_domain="example.org", tell=False)
            before = transport.taken
            deliver(
                store,
                connect=transport.connect,
                write=message,
                now=now,
                time=moments,
                options=DeliveryOptions(),
            )
            observations.messages += [now] * (transport.taken - before)
            release_dead_claims(store, now=now)
            (state,) = check_sources(
                store, [MonitoredSource(name="hf", calendar=HUGGING_FACE)], now=now
            )
            observations.levels.setdefault(state.severity, set()).add(now.date())
            observations.warnings.add(state.warning)
            now += TICK
    return observations


def subscribe(store: Store, now: datetime) -> int:
    text = 'send_at = "07:30"\npatience = "8h"\n' + PROFILE.format(email="ada@example.org")
    with store.write() as tx:
        return start_subscription(tx, "ada@example.org", name="ada", profile_text=text, now=now)


def assert_each_paper_once(store: Store, number: int, site: Site) -> None:
    with store.read() as tx:
        head = announcements.last_seq(tx)
        found = announcements.candidates(tx, after=0, upto=head, kinds=[AnnouncementKind.NEW])
        shown = shown_papers.shown_to(tx, [number], {item.paper_id for item in found})
    names = Counter(name.value for item in found for name in item.paper.identifiers)
    assert set(names.values()) == {1}
    assert set(names) == ids(site)
    assert head == len(found)
    assert len(shown) > 0.95 * len(found)  # the profile takes nearly everything


MONDAY = date(2024, 12, 2)
STALE, DOWN = date(2024, 12, 6), date(2024, 12, 4)
EVENING = date(2024, 12, 11)  # its list came at 17:08, and the next day's, too
USUAL = [Verdict.STALE, Verdict.FRESH, Verdict.UNCHANGED]


def test_a_fortnight_with_weekends_a_late_list_a_failing_day_and_days_fetched_while_filling(
    store: Store,
) -> None:
    last = MONDAY + timedelta(days=13)
    midnight = datetime.combine(DOWN, time(), UTC)
    site = Site(recorded(MONDAY, last), outages=((midnight, midnight + timedelta(days=1)),))
    site.comes_at(datetime.combine(STALE, time(15), UTC))
    number = subscribe(store, datetime.combine(MONDAY, time(), UTC))
    observations = run_days(store, site, MONDAY, last)

    days = [MONDAY + timedelta(days=ahead) for ahead in range(14)]
    verdicts = {day: observations.verdicts(day) for day in days}
    weekend = [day for day in days if day.weekday() >= 5]
    assert verdicts[DOWN] == [Verdict.FAILED]
    assert [verdicts[day] for day in weekend] == [[Verdict.EMPTY_EXPECTED]] * 4
    assert [verdicts[day] for day in days if day not in {DOWN, *weekend}] == [USUAL] * 9
    assert_each_paper_once(store, number, site)

    assert observations.days(Severity.ALARM) == [str(DOWN)]
    assert observations.days(Severity.WARNING) == []
    assert any(
        "cannot be read since 4 December 2024 00:00 UTC" in warning
        for warning in observations.warnings
    )

    sent = Counter(at.date() for at in observations.messages)
    assert set(sent.values()) == {1}
    # Papers of the failing day, and those that came after patience ended, come the day after.
    assert set(days) - set(sent) == {DOWN, EVENING, *weekend}
    assert [at.hour for at in observations.messages if at.date() == STALE] == [16]
    assert {at.hour for at in observations.messages if at.date() < STALE} == {8}


def test_a_week_with_an_unlisted_holiday_warns_and_raises_no_alarm(store: Store) -> None:
    first, last = date(2024, 12, 30), date(2025, 1, 5)
    site = Site(recorded(first, last))
    number = subscribe(store, datetime.combine(first, time(), UTC))
    observations = run_days(store, site, first, last)
    new_year = date(2025, 1, 1)
    assert new_year not in site.versions
    assert observations.verdicts(new_year) == [Verdict.STALE]
    assert observations.days(Severity.WARNING) == ["2025-01-02"]
    assert observations.days(Severity.ALARM) == []
    assert_each_paper_once(store, number, site)
