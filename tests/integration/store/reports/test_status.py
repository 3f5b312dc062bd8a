from collections.abc import Callable
from datetime import timedelta

from support.builders import NOW, TODAY
from support.editions import insert_edition

from digest.core.models.batches import BatchReport, Rejection, Verdict
from digest.core.models.delivery import Deferred, EditionState, Outcome, Refused, Sent
from digest.core.models.editions import Edition
from digest.store.database.store import Store
from digest.store.editions import claims
from digest.store.papers import batches as batch_store
from digest.store.reports.status import FailedAttempt, LastBatch, UnsentEdition, status

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]

HOUR = timedelta(hours=1)


def test_the_status_of_an_empty_store_is_empty(store: Store) -> None:
    with store.read() as tx:
        summary = status(tx, NOW)
    assert (summary.batches, summary.failures, summary.oldest_unsent) == ((), (), None)
    assert (summary.papers, summary.announcements, summary.subscriptions) == (0, 0, 0)
    assert summary.editions == {}


def test_each_source_shows_its_last_batch(store: Store, collect: Collect) -> None:
    collect("One", source="dumps", at=NOW - HOUR)
    rejected = (Rejection(reason="no abstract", line=3),)
    feed = collect("One", "Two", source="arxiv", announced=TODAY, rejected=rejected)
    with store.write() as tx:
        failed = batch_store.record_failure(
            tx, source="dumps", origin="x", rejected=(Rejection(reason="no dump"),), now=NOW
        )
        summary = status(tx, NOW)
    assert summary.batches == (
        LastBatch(report=feed, collected_at=NOW),
        LastBatch(report=failed, collected_at=NOW),
    )
    assert summary.batches[1].report.verdict is Verdict.FAILED
    assert (summary.papers, summary.announcements) == (2, 3)


def test_the_queue_and_the_last_failures_are_shown(store: Store, subscribe: Subscribe) -> None:
    outcomes: list[Outcome | None] = [
        Sent(reply="ok"),
        Refused(reason="no such user", code=550),
        Deferred(reason="greylisted", code=451),
        None,
        None,
    ]
    for place, outcome in enumerate(outcomes):
        number = subscribe(f"reader{place}@example.org")
        with store.write() as tx:
            edition_id = insert_edition(
                tx, number, Edition(local_date=TODAY, sections=()), composed_at=NOW + place * HOUR
            )
            assert edition_id is not None
            if outcome is not None:
                claims.claim(tx, owner="me", now=NOW, limit=1)
                claims.settle_attempt(
                    tx,
                    edition_id,
                    owner="me",
                    outcome=outcome,
                    now=NOW + place * HOUR,
                    next_attempt_at=NOW + 99 * HOUR,
                )
    with store.read() as tx:
        summary = status(tx, NOW)
    assert summary.subscriptions == 5
    assert summary.editions == {
        EditionState.QUEUED: 2,
        EditionState.SENT: 1,
        EditionState.REFUSED: 1,
        EditionState.DEFERRED: 1,
    }
    assert summary.oldest_unsent == UnsentEdition(
        email="reader2@example.org", composed_at=NOW + 2 * HOUR
    )
    assert summary.failures == (
        FailedAttempt(
            email="reader2@example.org",
            state=EditionState.DEFERRED,
            reason="greylisted",
            code=451,
            at=NOW + 2 * HOUR,
        ),
        FailedAttempt(
            email="reader1@example.org",
            state=EditionState.REFUSED,
            reason="no such user",
            code=550,
            at=NOW + HOUR,
        ),
    )
