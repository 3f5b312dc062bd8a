"""What a run does with the queue, with any transport."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from support.smtp.transports import FakeTransport
from support.speed.databases import new_sqlite_store

from benchmarks.common.ledger_setup import NOW, fill, reader, short_message
from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    EditionState,
    Envelope,
    InDoubt,
    Outcome,
    Refused,
    Sent,
)
from digest.core.models.subscribers import AddressStatus
from digest.errors import DeliveryBlocked, DeliveryError, SettingsError, StoreUnavailable
from digest.pipeline.delivery import claim_queue, counter
from digest.pipeline.delivery import deliver as stage
from digest.pipeline.delivery.deliver import DeliveryOptions, DeliveryReport, Runtime, Transport
from digest.store.database.prepared_writes import PreparedWriter
from digest.store.database.schema import edition
from digest.store.database.store import Store
from digest.store.editions import claims, delivery_pause, ledger, recovery
from digest.store.locks import delivery_lock
from digest.store.subscribers import subscriptions

PLAIN = DeliveryOptions()


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


@pytest.fixture(autouse=True, params=[1, 10**9], ids=["prepared", "store"])
def both_ways_of_writing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_queue, "FEW", request.param)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


def run(
    store: Store,
    transport: FakeTransport,
    *,
    hours: float = 0,
    write: Callable[[ClaimedEdition], Envelope] = short_message,
    clock: Clock | None = None,
    connect: Callable[[], AbstractContextManager[Transport]] | None = None,
    options: DeliveryOptions = PLAIN,
) -> DeliveryReport:
    clock = clock or Clock()
    return stage.deliver(
        store,
        connect=connect or transport.connect,
        write=write,
        now=NOW + timedelta(hours=hours),
        time=Runtime(clock=clock.read, sleep=clock.sleep, jitter=lambda: 0.5),
        options=options,
    )


def states(store: Store, count: int) -> list[EditionState]:
    with store.read() as tx:
        return [ledger.load(tx, number + 1).state for number in range(count)]


def test_a_few_messages_share_one_connection(store: Store) -> None:
    fill(store, 5)
    transport = FakeTransport()
    assert run(store, transport, options=DeliveryOptions(connections=4)).count(Sent) == 5
    assert transport.opened == 1


def test_every_message_goes_out_once_over_several_connections(store: Store) -> None:
    fill(store, 300)
    transport = FakeTransport()
    report = run(store, transport, options=DeliveryOptions(connections=4))
    assert (report.count(Sent), len(transport.to), len(set(transport.to))) == (300, 300, 300)
    assert 1 < transport.opened <= 4


def test_a_server_that_takes_fewer_connections_gets_fewer(store: Store) -> None:
    fill(store, 100)
    transport = FakeTransport()
    opened = threading.Semaphore(1)

    def connect() -> AbstractContextManager[Transport]:
        if not opened.acquire(blocking=False):
            raise DeliveryError("421 too many connections")
        return transport.connect()

    report = run(store, transport, connect=connect, options=DeliveryOptions(connections=4))
    assert (report.count(Sent), report.problem) == (100, "")


def test_a_run_for_one_reader_sends_nothing_to_the_others(store: Store) -> None:
    fill(store, 3)
    transport = FakeTransport()
    stage.deliver(
        store,
        connect=transport.connect,
        write=short_message,
        now=NOW,
        time=Runtime(clock=Clock().read, sleep=lambda _: None, jitter=lambda: 0.5),
        only=reader(2).upper(),
    )
    assert transport.to == [reader(2)]
    assert states(store, 3) == [EditionState.QUEUED, EditionState.SENT, EditionState.QUEUED]


def test_an_outcome_is_dated_by_the_time_that_has_passed_since_the_start(store: Store) -> None:
    fill(store, 1)
    clock = Clock()

    def write(claimed: ClaimedEdition) -> Envelope:
        clock.sleep(90)
        return short_message(claimed)

    run(store, FakeTransport(), write=write, clock=clock)
    with store.read() as tx:
        (settled,) = tx.execute(select(edition.c.settled_at)).scalars()
    assert settled == NOW + timedelta(seconds=90)


def test_the_pace_is_kept_over_all_connections(store: Store) -> None:
    fill(store, 60)
    clock = Clock()
    run(store, FakeTransport(), clock=clock, options=DeliveryOptions(connections=1, per_minute=60))
    assert clock.now >= 59 - 1e-6


@pytest.mark.parametrize("connections", [1, 4])
def test_an_edition_that_cannot_be_rendered_is_set_aside_and_the_others_go_out(
    store: Store, connections: int
) -> None:
    fill(store, 30)

    def write(claimed: ClaimedEdition) -> Envelope:
        if claimed.edition_id == 3:
            raise KeyError("no such paper")
        return short_message(claimed)

    report = run(
        store, FakeTransport(), write=write, options=DeliveryOptions(connections=connections)
    )
    assert (report.count(Sent), report.count(Refused)) == (29, 1)
    assert states(store, 3)[2] is EditionState.REFUSED
    assert "cannot be rendered: KeyError" in str(report.delivered[0].outcome)


def test_a_wrong_setting_found_while_rendering_refuses_nothing(store: Store) -> None:
    fill(store, 3)

    def write(claimed: ClaimedEdition) -> Envelope:
        raise SettingsError(f"the template is wrong at edition {claimed.edition_id}")

    with pytest.raises(SettingsError):
        run(store, FakeTransport(), write=write)
    assert states(store, 3) == [EditionState.QUEUED] * 3


def test_a_refusal_by_policy_stops_the_run_and_puts_its_message_last(store: Store) -> None:
    fill(store, 3)
    transport = FakeTransport({1: DeliveryBlocked("550 5.7.1 blocked")})
    report = run(store, transport, hours=0.1)
    assert (transport.to, report.problem) == ([reader(1)], "550 5.7.1 blocked")
    assert states(store, 3) == [EditionState.QUEUED] * 3
    transport = FakeTransport()
    assert run(store, transport, hours=0.2).count(Sent) == 3
    assert transport.to == [reader(2), reader(3), reader(1)]
    with store.read() as tx:
        assert delivery_pause.current_pause(tx) is None, "a message that is taken ends it"


def test_runs_that_must_stop_again_and_again_pause_longer_and_longer(store: Store) -> None:
    fill(store, 1)
    transport = FakeTransport({1: DeliveryBlocked("550 5.7.1 blocked")})
    run(store, transport)
    run(store, transport)
    assert (
        "sending is paused until 2026-05-11 06:10 UTC" in run(store, transport, hours=0.1).problem
    )
    assert len(transport.to) == 2, "nothing was tried in the pause"
    run(store, transport, hours=0.2)
    with store.read() as tx:
        pause = delivery_pause.current_pause(tx)
    assert pause is not None
    assert (pause.times, pause.since) == (3, NOW)
    assert pause.until - NOW == timedelta(hours=0.2, minutes=20)


def test_ten_refusals_among_fifty_messages_stop_the_run(store: Store) -> None:
    fill(store, 60)
    transport = FakeTransport(
        {number: Refused(reason="550 5.1.1 no", code=550) for number in range(1, 61, 2)}
    )
    report = run(store, transport)
    assert report.count(Refused) == 10
    assert "10 of the last 19 messages were refused; the last: 550 5.1.1 no" in report.problem
    assert states(store, 60).count(EditionState.QUEUED) == 41


BLOCKED = Deferred(reason="550 5.7.1 blocked", code=550, policy=True)


def test_one_reader_that_is_refused_by_policy_does_not_stop_the_others(store: Store) -> None:
    fill(store, 30)
    report = run(store, FakeTransport({2: BLOCKED, 30: BLOCKED}))
    assert (report.count(Sent), report.problem) == (28, "")
    assert states(store, 2) == [EditionState.SENT, EditionState.DEFERRED]
    with store.read() as tx:
        assert delivery_pause.current_pause(tx) is None


def test_three_refusals_by_policy_among_fifty_messages_stop_the_run(store: Store) -> None:
    fill(store, 100)
    transport = FakeTransport({1: BLOCKED, 48: BLOCKED, 60: BLOCKED, 62: BLOCKED})
    report = run(store, transport)
    assert len(transport.to) == 62
    assert report.problem == (
        "3 of the last 50 messages were refused by policy; the last: 550 5.7.1 blocked; the rest"
        " stays queued"
    )
    assert states(store, 100).count(EditionState.QUEUED) == 38
    transport = FakeTransport()
    assert run(store, transport, hours=1).count(Sent) == 42, "what was refused was tried again, too"


def status(store: Store, number: int) -> AddressStatus:
    with store.read() as tx:
        found = subscriptions.find_address(tx, reader(number))
    assert found is not None
    return found.status


def dead(code: str = "5.1.1") -> Refused:
    return Refused(reason=f"550 {code} no such user", code=550, status=code)


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.10", "5.2.1"])
def test_a_mailbox_that_the_server_calls_dead_gets_no_more_mail(store: Store, code: str) -> None:
    fill(store, 5)
    report = run(store, FakeTransport({2: dead(code)}))
    assert (report.count(Sent), report.suppressed) == (4, 1)
    assert [status(store, number) for number in (1, 2)] == [
        AddressStatus.ACTIVE,
        AddressStatus.SUPPRESSED,
    ]
    with store.read() as tx:
        (last,) = subscriptions.consent_log(tx, reader(2))
    assert (last.event, last.origin, last.detail) == (
        "suppressed",
        "smtp",
        f"550 {code} no such user",
    )


@pytest.mark.parametrize(
    "code", ["", "5.0.0", "5.1.7", "5.1.8", "5.2.0", "5.2.2", "5.4.1", "5.7.1"]
)
def test_a_refusal_that_says_less_suppresses_nobody(store: Store, code: str) -> None:
    fill(store, 5)
    assert run(store, FakeTransport({2: dead(code)})).suppressed == 0
    assert status(store, 2) is AddressStatus.ACTIVE


def test_a_server_that_calls_everybody_dead_suppresses_nobody(store: Store) -> None:
    fill(store, 7)
    report = run(store, FakeTransport({number: dead() for number in range(1, 8)}))
    assert (report.count(Refused), report.suppressed) == (7, 0)


def test_a_run_that_had_to_stop_suppresses_nobody(store: Store) -> None:
    fill(store, 60)
    report = run(store, FakeTransport({number: dead() for number in range(1, 61, 3)}))
    assert "10 of the last" in report.problem
    assert report.suppressed == 0


def test_a_reader_who_came_back_after_the_message_was_made_is_not_suppressed(store: Store) -> None:
    fill(store, 5)
    with store.write() as tx:
        subscriptions.set_status(
            tx,
            reader(2),
            AddressStatus.PAUSED,
            event="paused",
            origin="operator",
            detail="",
            now=NOW + timedelta(minutes=1),
        )
        subscriptions.set_status(
            tx,
            reader(2),
            AddressStatus.ACTIVE,
            event="resumed",
            origin="operator",
            detail="",
            now=NOW + timedelta(minutes=2),
        )
    assert run(store, FakeTransport({2: dead()}), hours=1).suppressed == 0


def test_a_message_that_a_person_released_goes_out_however_late_it_is(store: Store) -> None:
    fill(store, 1)
    run(store, FakeTransport({1: InDoubt(reason="lost")}), options=DeliveryOptions(hold=True))
    with store.write() as tx:
        recovery.apply_decision(tx, [1], send=True, now=NOW + timedelta(days=9))
    transport = FakeTransport({1: Deferred(reason="450 later", code=450)})
    run(store, transport, hours=9 * 24)
    assert states(store, 1) == [EditionState.DEFERRED], "and it is tried again as any other"
    assert run(store, FakeTransport(), hours=9 * 24 + 1).count(Sent) == 1


def test_a_message_that_was_released_and_still_not_sent_expires_in_its_time(store: Store) -> None:
    fill(store, 1)
    run(store, FakeTransport({1: InDoubt(reason="lost")}), options=DeliveryOptions(hold=True))
    with store.write() as tx:
        recovery.apply_decision(tx, [1], send=True, now=NOW + timedelta(days=9))
    report = run(store, FakeTransport(), hours=12 * 24)
    assert (report.count(Sent), report.expired) == (0, 1)


def test_a_run_whose_lock_was_cut_sends_nothing_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 5)
    transport = FakeTransport()
    hold = delivery_lock.acquire

    @contextmanager
    def short_lived(
        store: Store, *, clock: Callable[[], float] | None
    ) -> Iterator[delivery_lock.DeliveryLock]:
        with hold(store, clock=clock) as owner:
            yield delivery_lock.DeliveryLock(
                token=owner.token, still_held=lambda: len(transport.to) < 2
            )

    monkeypatch.setattr(delivery_lock, "acquire", short_lived)
    with pytest.raises(StoreUnavailable, match="was lost"):
        run(store, transport)
    assert len(transport.to) == 2
    assert sorted(states(store, 5)) == [EditionState.QUEUED] * 3 + [EditionState.SENT] * 2


def test_a_run_whose_claims_were_taken_over_sends_nothing_more(store: Store) -> None:
    fill(store, 5)
    transport = FakeTransport()

    def write(claimed: ClaimedEdition) -> Envelope:
        if claimed.edition_id == 3:  # is written while the second waits for its turn
            with store.write() as tx:
                tx.exec_driver_sql("UPDATE edition SET owner = 'another' WHERE state = 'claimed'")
        return short_message(claimed)

    with pytest.raises(Exception, match="is not claimed by this process any more"):
        run(store, transport, write=write)
    assert transport.to == [reader(1)], "only the one that was on its way"


def test_a_claim_that_is_gone_takes_no_outcome_with_it(store: Store) -> None:
    fill(store, 5)
    transport = FakeTransport()

    def write(claimed: ClaimedEdition) -> Envelope:
        if claimed.edition_id == 3:  # is written while the second waits for its turn
            with store.write() as tx:
                tx.exec_driver_sql("UPDATE edition SET owner = 'another' WHERE id = 3")
        return short_message(claimed)

    with pytest.raises(Exception, match="edition 3: is not claimed by this process any more"):
        run(store, transport, write=write)
    assert transport.to == [reader(1), reader(2)]
    assert (
        states(store, 5)
        == [EditionState.SENT] * 2 + [EditionState.CLAIMED] + [EditionState.QUEUED] * 2
    )


def test_a_database_that_is_gone_stops_every_connection(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 200)
    transport = FakeTransport()

    def write(_lane: PreparedWriter, _changes: object) -> bool:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(PreparedWriter, "write", write)
    monkeypatch.setattr(claim_queue, "FEW", 1)
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        run(store, transport, options=DeliveryOptions(connections=4))
    assert len(transport.to) < 9, "no connection sends what it could not note"
    assert set(states(store, 200)) <= {EditionState.SENT, EditionState.CLAIMED, EditionState.QUEUED}
    assert states(store, 200).count(EditionState.SENT) <= len(transport.to)


def test_a_fast_run_claims_more_at_a_time_and_a_slow_one_does_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, 800)
    asked: list[int] = []
    claim = claims.claim

    def noted(*args: Any, limit: int, **fields: Any) -> list[ClaimedEdition]:
        asked.append(limit)
        return claim(*args, limit=limit, **fields)

    monkeypatch.setattr(claims, "claim", noted)
    run(store, FakeTransport())
    assert asked == [50, 100, 200, 400, 400, 400]
    with store.write() as tx:
        tx.exec_driver_sql("UPDATE edition SET state = 'queued' WHERE id <= 120")
    asked.clear()
    run(store, FakeTransport(), options=DeliveryOptions(per_minute=60))
    assert asked == [50, 50, 50, 50]


def test_no_lock_is_taken_before_something_can_be_sent(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[Store] = []
    acquire = delivery_lock.acquire

    def counted(store: Store, **options: Any) -> AbstractContextManager[delivery_lock.DeliveryLock]:
        locks.append(store)
        return acquire(store, **options)

    monkeypatch.setattr(delivery_lock, "acquire", counted)
    run(store, FakeTransport())
    assert locks == []
    fill(store, 1)
    run(store, FakeTransport({1: Deferred(reason="451 later", code=451)}))
    assert len(locks) == 1
    run(store, FakeTransport())  # in the same moment: the next attempt is not due
    assert len(locks) == 1
    assert run(store, FakeTransport(), hours=3).count(Sent) == 1
    assert len(locks) == 2


def test_what_is_deferred_comes_back_until_it_is_too_late(store: Store) -> None:
    fill(store, 1)
    transport = FakeTransport({1: Deferred(reason="451 later", code=451)})
    times = 0
    for half in range(2 * 60):
        run(store, transport, hours=half / 2)
        times = len(transport.to)
    assert states(store, 1) == [EditionState.EXPIRED]
    assert 10 < times < 30, "with back-off, over two days"


def test_a_restored_backup_does_not_mail_last_weeks_digests(store: Store) -> None:
    fill(store, 3)
    transport = FakeTransport()
    report = run(store, transport, hours=7 * 24)
    assert (transport.to, report.expired) == ([], 3)
    assert states(store, 3) == [EditionState.EXPIRED] * 3


def test_a_server_that_never_answers_the_dot_gets_a_message_four_times_at_most(
    store: Store,
) -> None:
    fill(store, 1)
    transport = FakeTransport({1: InDoubt(reason="lost")})
    for hour in range(40):
        report = run(store, transport, hours=hour)
    assert len(transport.to) == 4
    assert (states(store, 1), report.held) == ([EditionState.IN_DOUBT], 1)


@pytest.mark.parametrize("answer", [InDoubt(reason="no answer"), Deferred(reason="450", code=450)])
def test_what_was_not_accepted_is_not_tried_again_in_the_same_minute(
    store: Store, answer: Outcome
) -> None:
    fill(store, 1)
    transport = FakeTransport({1: answer})
    run(store, transport)
    run(store, transport, hours=1 / 60)
    assert transport.to == [reader(1)]
    run(store, transport, hours=2)
    assert transport.to == [reader(1)] * 2


def test_a_report_stays_small_however_many_messages_there_are(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "KEPT", 5)
    fill(store, 30)
    report = run(store, FakeTransport({7: Refused(reason="no")}))
    assert (len(report.delivered), report.count(Sent)) == (6, 29)
