"""Tokens, answers and events, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from support.builders import NOW
from support.subscribers import start_subscription

from digest.core.access.scopes import Scope
from digest.core.access.webhooks import WebhookEvent
from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.access.allowance import RequestAllowance
from digest.store.access import answers, events, pages, tokens, webhooks
from digest.store.access.events import Position
from digest.store.database.schema import edition
from digest.store.database.store import Connection, Store
from digest.store.reports import job_runs
from digest.store.subscribers import bounces, subscriptions

HASH = "a" * 64


def token(tx: Connection, *, requests: int = 3) -> int:
    return tokens.add(
        tx,
        name="lab",
        hashed=HASH,
        scopes=[Scope.PAPERS_READ],
        requests=requests,
        expires_at=None,
        now=NOW,
    )


def sent_edition(tx: Connection, subscription_id: int, day: int, *, minutes: float) -> int:
    row = {
        "subscription_id": subscription_id,
        "local_date": (NOW + timedelta(days=day)).date(),
        "composed_at": NOW,
        "state": EditionState.SENT,
        "content": {},
        "matched": 1,
        "message_id": f"<{subscription_id}.{day}@x>",
        "attempts": 1,
        "next_attempt_at": NOW,
        "settled_at": NOW + timedelta(minutes=minutes),
    }
    return int(tx.execute(insert(edition).values(row).returning(edition.c.id)).scalar_one())


def test_requests_are_counted_by_the_minute(store: Store) -> None:
    with store.write() as tx:
        number = token(tx)
        times = (0, 10, 59, 60, 61, 200)
        counts = [
            tokens.count_requests(tx, number, 1, now=NOW + timedelta(seconds=second))
            for second in times
        ]
        assert counts == [1, 2, 3, 1, 2, 1]
        found = tokens.find(tx, HASH)
        assert found is not None
        assert (found.scopes, found.used_at) == ((Scope.PAPERS_READ,), NOW + timedelta(minutes=3))
        assert tokens.revoke(tx, number, now=NOW)
        assert not tokens.revoke(tx, number, now=NOW)
        assert tokens.find(tx, "b" * 64) is None


def test_two_processes_share_the_requests_of_a_minute(store: Store) -> None:
    with store.write() as tx:
        token(tx, requests=50)
    with store.read() as tx:
        known = tokens.find(tx, HASH)
    assert known is not None
    processes = RequestAllowance(store), RequestAllowance(store)
    allowed = [
        processes[number % 2].take(known, now=NOW + timedelta(seconds=number / 10))
        for number in range(200)
    ]
    assert allowed.count(0) == 50
    assert {wait for wait in allowed if wait} <= set(range(40, 61))
    later = NOW + timedelta(minutes=1)
    assert [process.take(known, now=later) for process in processes] == [0, 0]
    with store.read() as tx:
        known = tokens.find(tx, HASH)
    assert known is not None
    assert known.used_at == later


def test_an_answer_is_kept_for_a_day(store: Store) -> None:
    with store.write() as tx:
        number = token(tx)
        assert answers.begin(tx, number, "k", "r", now=NOW) is None
        waiting = answers.begin(tx, number, "k", "r", now=NOW)
        assert waiting is not None
        assert waiting.status is None
        answers.finish(tx, number, "k", status=201, location="/x", body=b"{}")
        known = answers.begin(tx, number, "k", "other", now=NOW + timedelta(hours=23))
        assert known is not None
        assert (known.status, known.location, known.body) == (201, "/x", b"{}")
        assert known.request_hash == "r"
        answers.remove_old(tx, now=NOW + timedelta(hours=23))
        assert answers.begin(tx, number, "k", "r", now=NOW + timedelta(hours=24)) is None
        answers.remove_old(tx, now=NOW + timedelta(hours=49))
        assert answers.begin(tx, number, "k", "r", now=NOW + timedelta(hours=49)) is None
        answers.forget(tx, number, "k")
        assert answers.begin(tx, number, "k", "r", now=NOW + timedelta(hours=49)) is None


def test_a_webhook_is_told_what_happened_since_it_was_added(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST", 2)
    every = tuple(WebhookEvent)
    with store.write() as tx:
        early = start_subscription(tx, "early@reader.example")
        sent_edition(tx, early, 0, minutes=-1)
        number = webhooks.add(tx, url="https://x.example/", events=every, secret="s", now=NOW)
    with store.write() as tx:
        hook = webhooks.find(tx, number)
        assert hook is not None
        ada = start_subscription(tx, "ada@reader.example", now=NOW)
        ids = [sent_edition(tx, ada, day, minutes=1) for day in range(5)]
        bounces.record_bounce(
            tx,
            subscription_id=ada,
            edition_id=ids[0],
            at=NOW,
            kind="permanent",
            status="5.1.1",
            proof="signature",
            fingerprint=HASH,
        )
        subscriptions.set_status(
            tx,
            "ada@reader.example",
            AddressStatus.UNSUBSCRIBED,
            event="unsubscribed",
            origin="one-click",
            detail="",
            now=NOW,
        )
    now = NOW + timedelta(minutes=2)
    told = read_all(store, hook.through, every, now=now)
    assert [event.number for event in told if event.event is WebhookEvent.BOUNCED] == [1]
    assert [event.number for event in told if event.event is WebhookEvent.SENT] == ids
    kinds = [event.event for event in told]
    assert kinds.count(WebhookEvent.SUBSCRIBED) == 1
    assert kinds.count(WebhookEvent.LEFT) == 1
    assert "ada" not in str(told), "readers are named by numbers"


def read_all(
    store: Store, position: Position, kinds: tuple[WebhookEvent, ...], *, now: object
) -> list[events.Event]:
    told: list[events.Event] = []
    with store.read() as tx:
        while True:
            page = events.events_after(tx, position, kinds, now=now)  # type: ignore[arg-type]
            told += page.events
            if page.is_last:
                return told
            position = page.reached


def test_what_is_committed_late_is_told_too_and_nothing_twice(store: Store) -> None:
    kinds = (WebhookEvent.SENT, WebhookEvent.SUBSCRIBED)
    with store.write() as tx:
        number = webhooks.add(tx, url="https://x.example/", events=kinds, secret="s", now=NOW)
        ada = start_subscription(tx, "ada@reader.example", now=NOW)
        first = sent_edition(tx, ada, 0, minutes=3)
        late = sent_edition(tx, ada, 1, minutes=2)
        hidden = edition.c.id == late  # as if its transaction had not ended
        tx.execute(update(edition).where(hidden).values(state=EditionState.CLAIMED))

    def read(minutes: int) -> None:
        now = NOW + timedelta(minutes=minutes)
        with store.write() as tx:
            hook = webhooks.find(tx, number)
            assert hook is not None
            page = events.events_after(tx, hook.through, kinds, now=now)
            webhooks.store_events(tx, hook, page.events, through=page.settled, now=now)

    def told() -> list[str]:
        with store.read() as tx:
            hook = webhooks.find(tx, number)
            assert hook is not None
            due = webhooks.due_messages(tx, hook, now=NOW + timedelta(days=1), limit=10)
            assert webhooks.waiting(tx, number) == len(due)
        return sorted(item.message.message_id for item in due)

    read(4)
    read(5)
    assert told() == [f"sent-{first}", "subscribed-1"]
    with store.write() as tx:
        tx.execute(update(edition).where(hidden).values(state=EditionState.SENT))
    read(6)
    assert told() == sorted([f"sent-{first}", f"sent-{late}", "subscribed-1"])
    read(60)
    read(120)
    assert len(told()) == 3


def test_a_message_is_taken_by_one_process(store: Store) -> None:
    kinds = (WebhookEvent.SUBSCRIBED,)
    with store.write() as tx:
        number = webhooks.add(tx, url="https://x.example/", events=kinds, secret="s", now=NOW)
        start_subscription(tx, "ada@reader.example", now=NOW)
        hook = webhooks.find(tx, number)
        assert hook is not None
        page = events.events_after(tx, hook.through, kinds, now=NOW)
        webhooks.store_events(tx, hook, page.events, through=page.settled, now=NOW)
        (item,) = webhooks.due_messages(tx, hook, now=NOW, limit=10)
        later = NOW + timedelta(minutes=5)
        assert webhooks.take(tx, item.number, until=later, now=NOW)
        assert not webhooks.take(tx, item.number, until=later, now=NOW)
        assert webhooks.take(tx, item.number, until=later + timedelta(minutes=5), now=later)
        webhooks.settle(tx, number, item.number, problem="", next_at=None, now=later)
        webhooks.remove_old(tx, now=later + timedelta(hours=23))
        webhooks.store_events(tx, hook, page.events, through=page.settled, now=later)
        assert webhooks.waiting(tx, number) == 0, "it is remembered that it was told"
        assert webhooks.remove(tx, number)
        assert not webhooks.remove(tx, number)


def test_lists_come_in_pages_that_begin_where_the_one_before_ended(store: Store) -> None:
    with store.write() as tx:
        ada = start_subscription(tx, "ada@reader.example")
        bob = start_subscription(tx, "bob@reader.example")
        other = start_subscription(tx, "Ada@reader.example", name="other")
        subscriptions.end(tx, other, now=NOW)
        made = [sent_edition(tx, ada, day, minutes=day) for day in range(3)]
        made.append(sent_edition(tx, bob, 0, minutes=0))
        for day in range(3):
            slot = NOW + timedelta(days=day)
            job_runs.begin(tx, job="collect", slot=slot, owner="one", now=slot)
    with store.read() as tx:
        numbers = [
            [item.subscription.subscription_id for item in found]
            for found in (
                pages.subscriptions_after(tx, 0, limit=1),
                pages.subscriptions_after(tx, ada, limit=5),
                pages.subscriptions_after(tx, 0, limit=5, ended=True),
                pages.subscriptions_after(tx, 0, limit=5, email="ADA@reader.example", ended=True),
                pages.subscriptions_after(tx, 0, limit=5, reader=2),
            )
        ]
        assert numbers == [[ada], [bob], [ada, bob, other], [ada, other], [bob]]
        ended = pages.find_subscription(tx, other)
        assert ended is not None
        assert ended.ended_at == NOW
        assert pages.find_subscription(tx, 99) is None
        editions = [item.edition_id for item in pages.editions_before(tx, None, limit=2)]
        assert editions == made[:1:-1]
        more = pages.editions_before(tx, editions[-1], limit=9, subscription_id=ada)
        assert [item.edition_id for item in more] == made[1::-1]
        found = pages.find_edition(tx, made[0])
        assert found is not None
        assert (found.state, found.local_date) == (EditionState.SENT, NOW.date())
        runs = pages.runs_before(tx, None, limit=2, job="collect")
        assert [item.run_id for item in runs] == [3, 2]
        assert [item.run_id for item in pages.runs_before(tx, 2, limit=9)] == [1]
        assert pages.runs_before(tx, None, limit=2, job="publish") == []
        assert pages.papers_before(tx, None, limit=2) == []
        assert pages.paper_number(tx, 1) is None
