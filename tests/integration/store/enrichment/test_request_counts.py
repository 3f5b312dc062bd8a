"""The requests to services are counted for all processes together, on both databases."""

import threading
from datetime import date, timedelta

from digest.core.schedule.request_budgets import ReportedBudget
from digest.store.database.store import Store
from digest.store.enrichment.request_counts import counts_of, note, take

DAY = date(2026, 1, 22)


def taken(store: Store, credential: str = "no key", *, day: date = DAY, limit: int = 3) -> bool:
    with store.write() as tx:
        return take(tx, "pubmed", credential, day, limit=limit)


def test_each_credential_has_its_budget_each_day(store: Store) -> None:
    assert [taken(store) for _ in range(5)] == [True, True, True, False, False]
    assert taken(store, "key 1")
    assert taken(store, day=DAY + timedelta(days=1))
    with store.read() as tx:
        shown = [
            (item.credential, item.used, item.limit, item.remaining) for item in counts_of(tx, DAY)
        ]
    assert shown == [("key 1", 1, 3, 2), ("no key", 3, 3, 0)]


def test_a_limit_that_was_raised_counts_at_once(store: Store) -> None:
    assert [taken(store, limit=1) for _ in range(2)] == [True, False]
    assert taken(store, limit=2)
    assert not taken(store, limit=0)


def test_nothing_is_sent_after_the_service_said_that_its_budget_is_spent(store: Store) -> None:
    assert taken(store)
    for remaining, expected in ((0.5, True), (0.0, False)):
        with store.write() as tx:
            reported = ReportedBudget(remaining=remaining, limit=1.0, unit="USD")
            note(tx, "pubmed", "no key", DAY, reported=reported)
        assert taken(store) is expected
    with store.read() as tx:
        (item,) = counts_of(tx, DAY)
    assert (item.used, item.remaining, item.reported) == (2, 0, reported)


def test_processes_that_count_at_once_never_exceed_the_budget(store: Store) -> None:
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.extend(taken(store, limit=5) for _ in range(4)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found.count(True), len(found)) == (5, 16)


def test_counts_are_kept_for_a_month(store: Store) -> None:
    assert taken(store, day=DAY - timedelta(days=31))
    assert taken(store, day=DAY - timedelta(days=30))
    assert taken(store)
    with store.read() as tx:
        kept = [bool(counts_of(tx, DAY - timedelta(days=days))) for days in (31, 30, 0)]
    assert kept == [False, True, True]
