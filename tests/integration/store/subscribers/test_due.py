"""The database finds due subscriptions and stores each decision with the position read."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event, select, text
from support.builders import NOW
from support.editions import insert_edition
from support.speed.long_tests import LONG
from support.subscribers import start_subscription

from benchmarks.campaigns import due_times
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import parse
from digest.core.models.batches import BatchReport
from digest.core.models.editions import Edition
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.core.subscribers.due_times import DueState
from digest.pipeline.publishing.due import PublishResult
from digest.pipeline.publishing.publish import publish
from digest.store.database import schema
from digest.store.database.statements import IN_LIST
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.subscribers import due as due_store
from digest.store.subscribers import profiles, subscriptions

Collect = Callable[..., BatchReport]
ADA = "ada@example.org"
HOUR = timedelta(hours=1)
PROFILE = """\
email = "{email}"
min_match = 1
trending = 0
{more}
[[topics]]
name = "Bees"
keywords = ["bee"]
"""


def join(store: Store, more: str = "", *, email: str = ADA, now: datetime = NOW) -> int:
    text = PROFILE.format(email=email, more=more)
    with store.write() as tx:
        return start_subscription(
            tx,
            email,
            name="bees",
            profile_text=text,
            profile=parse(text, file="bees").profile,
            now=now,
        )


def tick(store: Store, now: datetime) -> tuple[PublishResult, ...]:
    return publish(store, now=now, message_domain="example.org", tell=False).results


def dates(items: tuple[PublishResult, ...]) -> list[date | None]:
    return [item.local_date for item in items if item.edition_id is not None]


def known(store: Store, number: int) -> DueState:
    with store.read() as tx:
        (simulated,) = (
            item.state
            for item in due_store.all_live(tx)
            if item.subscription.subscription_id == number
        )
    return simulated


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records which profiles are parsed."""
    read: list[str] = []
    parse = profile_loader.parse

    def counted(content: str, *, file: str) -> profile_loader.AuthoredProfile:
        read.append(file)
        return parse(content, file=file)

    monkeypatch.setattr(profile_loader, "parse", counted)
    return read


def test_a_tick_with_nobody_due_reads_no_profile(
    store: Store, collect: Collect, parsed: list[str]
) -> None:
    join(store, 'send_at = "07:30"')
    collect("The dance of a bee")
    assert [item.reason for item in tick(store, NOW)] == [
        "not before 07:30 in UTC; it is 06:00 there"
    ]
    parsed.clear()
    for minutes in range(5, 90, 5):
        assert tick(store, NOW + timedelta(minutes=minutes)) == ()
    assert parsed == []
    assert dates(tick(store, NOW + timedelta(minutes=90))) == [NOW.date()]
    parsed.clear()
    for hours in range(2, 25):
        assert tick(store, NOW + hours * HOUR) == ()
    assert parsed == []


def test_a_slot_without_papers_is_checked_again_after_news_or_when_the_wait_ends(
    store: Store, collect: Collect, parsed: list[str]
) -> None:
    number = join(store, 'send_at = "06:00"\nwhen_empty = "send"')
    other = join(store, 'send_at = "06:00"', email="bob@example.org")
    (first, second) = tick(store, NOW)
    assert (first.reason, first.next_due, second.reason) == ("no new papers", None, "no new papers")
    parsed.clear()
    assert tick(store, NOW + HOUR) == ()
    assert parsed == []
    collect("Of wasps", at=NOW + 2 * HOUR)
    results = tick(store, NOW + 2 * HOUR)  # for a reader who wants digests without papers
    assert [(item.edition_id is not None, item.considered) for item in results] == [
        (True, 1),
        (False, 1),
    ]
    (given_up,) = tick(store, NOW + 4 * HOUR)
    assert given_up.edition_id is None
    assert known(store, other).next_due == NOW + timedelta(days=1)
    collect("A bee", at=NOW + 5 * HOUR)
    assert tick(store, NOW + 5 * HOUR) == ()  # it waits for the next day
    tomorrow = tick(store, NOW + timedelta(days=1))
    assert [item.papers for item in tomorrow] == [1, 1]
    assert known(store, number).used_at == NOW + timedelta(days=1)


def test_a_digest_without_papers_is_sent_when_the_wait_has_ended(store: Store) -> None:
    join(store, 'send_at = "06:00"\nwhen_empty = "send"\npatience = "30m"')
    assert dates(tick(store, NOW)) == []
    assert dates(tick(store, NOW + timedelta(minutes=29))) == []
    assert dates(tick(store, NOW + timedelta(minutes=30))) == [NOW.date()]
    assert dates(tick(store, NOW + timedelta(minutes=31))) == []


def test_a_changed_hour_counts_from_the_next_check_and_never_makes_a_second_digest(
    store: Store, collect: Collect
) -> None:
    number = join(store, 'send_at = "09:00"')
    collect("A bee")
    tick(store, NOW)

    def change(more: str, now: datetime) -> None:
        with store.write() as tx:
            content = PROFILE.format(email=ADA, more=more)
            subscriptions.update_profile(tx, number, content, now=now)

    change('send_at = "07:00"', NOW)
    assert dates(tick(store, NOW + HOUR)) == [NOW.date()]
    collect("Another bee", at=NOW + 2 * HOUR)
    change('send_at = "10:00"', NOW + 2 * HOUR)
    assert dates(tick(store, NOW + 5 * HOUR)) == []
    assert known(store, number).next_due == NOW + timedelta(days=1, hours=4)
    change('send_at = "10:00"\ntimezone = "Pacific/Kiritimati"', NOW + 5 * HOUR)  # 14 hours ahead
    assert dates(tick(store, NOW + 8 * HOUR)) == []  # the digest of the 11th exists there, too
    assert dates(tick(store, NOW + 14 * HOUR)) == [NOW.date() + timedelta(days=1)]


def test_one_address_is_served_at_once_and_its_day_is_used_up(
    store: Store, collect: Collect
) -> None:
    number = join(store, 'send_at = "07:30"')
    collect("A bee")

    def at_once(now: datetime) -> list[date | None]:
        return dates(publish(store, now=now, message_domain="example.org", only=ADA).results)

    assert at_once(NOW) == [NOW.date()]
    collect("Another bee", at=NOW)
    assert at_once(NOW + HOUR) == []
    assert dates(tick(store, NOW + 2 * HOUR)) == []
    assert known(store, number).next_due == NOW + timedelta(days=1, hours=1, minutes=30)
    assert dates(tick(store, NOW + timedelta(days=1, hours=2))) == [NOW.date() + timedelta(days=1)]


def test_paused_and_departed_readers_are_not_due(
    store: Store, collect: Collect, parsed: list[str]
) -> None:
    join(store)
    collect("A bee")
    with store.write() as tx:
        subscriptions.set_status(
            tx, ADA, AddressStatus.PAUSED, event="paused", origin="test", detail="", now=NOW
        )
    assert tick(store, NOW) == ()
    results = publish(store, now=NOW, message_domain="example.org").results
    assert [item.reason for item in results] == ["the address is paused"]
    assert parsed == []


def save(
    tx: Connection, number: int, *, known: DueState, then: DueState, read_through: int | None = None
) -> bool:
    """Stores a change of one subscription; returns whether it is stored."""
    change = due_store.StateChange(known=known, then=then, read_through=read_through)
    due_store.save_states(tx, {change: [number]})
    (state,) = (
        item.state for item in due_store.all_live(tx) if item.subscription.subscription_id == number
    )
    return state == then


def test_what_another_process_decided_meanwhile_stays(store: Store) -> None:
    number = join(store)
    before = known(store, number)
    theirs = DueState(next_due=NOW + 24 * HOUR, used_at=NOW)
    ours = DueState(next_due=NOW, waiting_until=NOW + HOUR)
    with store.write() as tx:
        assert save(tx, number, known=before, then=theirs, read_through=5)
        assert not save(tx, number, known=before, then=ours, read_through=7)
    assert known(store, number) == theirs


def test_a_day_that_another_process_used_up_meanwhile_stays_used_up(store: Store) -> None:
    number = join(store)
    before = known(store, number)
    theirs = DueState(next_due=before.next_due, used_at=NOW)  # a catch-up keeps `next_due`
    ours = DueState(next_due=before.next_due, waiting_until=NOW + HOUR)
    with store.write() as tx:
        assert save(tx, number, known=before, then=theirs)
        assert not save(tx, number, known=before, then=ours)
    assert known(store, number) == theirs


def read_through(store: Store, number: int) -> int:
    with store.read() as tx:
        column = schema.subscription.c
        return int(tx.execute(select(column.read_through).where(column.id == number)).scalar_one())


def test_papers_of_a_day_whose_digest_another_process_made_come_with_the_next(
    store: Store, collect: Collect
) -> None:
    number = join(store)
    # Its edition was made before these papers were collected, so it does not have them.
    with store.write() as tx:
        insert_edition(tx, number, Edition(local_date=NOW.date(), sections=()))
    collect("A bee")
    (result,) = tick(store, NOW)
    assert (result.edition_id, result.reason) == (
        None,
        f"it already has its digest of {NOW:%Y-%m-%d}",
    )
    assert read_through(store, number) == 0
    (result,) = tick(store, NOW + 24 * HOUR)
    assert result.papers == 1


def test_a_paper_that_another_source_lists_later_is_shown_once(
    store: Store, collect: Collect
) -> None:
    join(store)
    collect("A bee")
    assert [item.papers for item in tick(store, NOW)] == [1]
    assert collect("A bee", "Another bee sings", source="second").listed == 1
    (result,) = tick(store, NOW + 24 * HOUR)
    assert result.papers == 1
    with store.read() as tx:
        assert result.edition_id is not None
        (entry,) = ledger.load(tx, result.edition_id).edition.entries
    assert entry.candidate.paper.title == "Another bee sings"


def test_a_due_time_that_a_wrong_clock_put_years_ahead_is_ignored(
    store: Store, collect: Collect
) -> None:
    number = join(store)
    collect("A bee")
    ahead = NOW + timedelta(days=3650)
    with store.write() as tx:
        wrong = DueState(next_due=ahead, used_at=ahead)
        save(tx, number, known=known(store, number), then=wrong)
    assert dates(tick(store, NOW)) == [NOW.date()]


def test_the_query_for_due_subscriptions_uses_the_index(store: Store) -> None:
    with store.write() as tx:
        tx.execute(
            schema.address.insert(),
            [
                {
                    "id": number,
                    "email": f"r{number}@x.org",
                    "email_key": f"r{number}@x.org",
                    "status": AddressStatus.ACTIVE,
                    "created_at": NOW,
                    "changed_at": NOW,
                }
                for number in range(1, 3001)
            ],
        )
        profile_id = profiles.store_text(tx, "", email="")
        tx.execute(
            schema.subscription.insert(),
            [
                {
                    "id": number,
                    "address_id": number,
                    "name": "x",
                    "origin": SubscriptionOrigin.IMPORT,
                    "profile_id": profile_id,
                    "paused": False,
                    "read_through": 0,
                    "created_at": NOW,
                    "next_due": NOW + timedelta(minutes=number),
                }
                for number in range(1, 3001)
            ],
        )
    with store.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("ANALYZE subscription"))
        mine = schema.subscription.c
        asked = select(mine.id).where(mine.ended_at.is_(None), mine.next_due <= NOW)
        literal = asked.compile(tx.engine, compile_kwargs={"literal_binds": False})
        explain = "EXPLAIN " if tx.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = tx.exec_driver_sql(
            explain + str(literal),
            literal.params if tx.dialect.name == "postgresql" else tuple(literal.params.values()),
        )
        plan_text = " ".join(str(row) for row in plan)
        assert "ix_subscription_ended_at_next_due" in plan_text
        assert not due_store.due_ids(tx, now=NOW)
        assert len(due_store.due_ids(tx, now=NOW + timedelta(minutes=7))) == 7
        assert due_store.next_due_at(tx) == NOW + timedelta(minutes=1)


def test_asking_about_some_subscriptions_does_not_read_all_that_are_due(store: Store) -> None:
    numbers = [join(store, email=f"r{number}@example.org") for number in range(3)]
    asked: list[tuple[str, Any]] = []

    def remember(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    with store.read() as tx:
        event.listen(tx.engine, "before_cursor_execute", remember)
        try:
            found = due_store.due_among(tx, range(numbers[1], numbers[1] + IN_LIST), now=NOW)
        finally:
            event.remove(tx.engine, "before_cursor_execute", remember)
        assert [item.subscription.subscription_id for item in found] == numbers[1:]
        statement, values = asked[-1]
        if tx.dialect.name == "sqlite":  # PostgreSQL plans by its statistics
            plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "SEARCH subscription USING INTEGER PRIMARY KEY" in str(plan)


@pytest.mark.parametrize(
    "zone, send_at",
    [
        ("Europe/Paris", "02:30"),
        ("Africa/Cairo", "00:00"),
        ("America/Nuuk", "23:30"),
        ("Pacific/Apia", "07:30"),
    ],
)
def test_weeks_with_outages_and_wrong_clocks_bring_no_day_two_digests_and_lose_none(
    store: Store, collect: Collect, zone: str, send_at: str
) -> None:
    end = datetime(2025, 11, 9, tzinfo=UTC)  # after the end of summer time
    days = 50 if LONG else 17  # with the end of summer time in each zone
    start = end - timedelta(days=days)
    checks = due_times.ticks(random.Random(zone), start=start, span=end - start)
    join(store, f'send_at = "{send_at}"\ntimezone = "{zone}"', now=checks[0].shown)
    dated: Counter[date] = Counter()
    for number, check in enumerate(checks):
        with store.read() as tx:
            waits = not due_store.due_ids(tx, now=check.shown)
        if waits and number % 6 and not LONG:
            continue  # `publish` asks the same first, and then does nothing
        if not waits:
            collect(f"A bee of kind {number}", at=check.shown)
        before = sum(dated.values())
        dated.update(day for day in dates(tick(store, check.shown)) if day)
        if sum(dated.values()) > before:
            assert check.shown.astimezone(ZoneInfo(zone)).date() in dated
    simulated = due_times.simulate(Profile(topics=(), timezone=zone, send_at=send_at), checks)
    assert set(dated.values()) == {1}
    assert sum(dated.values()) == len(simulated.made) > days - 10
    assert (simulated.twice, simulated.lost) == ([], [])
