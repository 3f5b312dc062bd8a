"""Prepared writes of starts and outcomes do the same as normal transactions."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from support.builders import NOW

from benchmarks.common.ledger_setup import fill
from digest.core.models.delivery import Deferred, EditionState, InDoubt, Outcome, Refused, Sent
from digest.errors import StoreError, StoreUnavailable
from digest.store.database.dry_run import DryRunStore
from digest.store.database.prepared_writes import PreparedWriter
from digest.store.database.schema import edition
from digest.store.database.store import Store
from digest.store.editions import attempt_statements, claims

LATER = NOW + timedelta(hours=1)
ODD = "ünï\0 \ud800 words"


@pytest.fixture
def writer(store: Store) -> Iterator[PreparedWriter]:
    opened = store.prepared_writer(durable=False)
    assert opened is not None
    yield opened
    opened.close()


def claim(store: Store, count: int) -> None:
    with store.write() as tx:
        assert len(claims.claim(tx, owner="me", now=NOW, limit=count)) == count


def row(store: Store, number: int) -> dict[str, object]:
    with store.read() as tx:
        values = tx.execute(select(edition).where(edition.c.id == number)).one()._asdict()
    same = ("id", "subscription_id", "message_id")
    return {name: value for name, value in values.items() if name not in same}


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(
    "outcome,again",
    [
        (Sent(reply=ODD), None),
        (Refused(reason="no such user", code=550), None),
        (Deferred(reason=ODD, code=451), LATER),
        (Deferred(reason="too late", code=None), None),
        (InDoubt(reason="lost after the dot"), LATER),
    ],
)
def test_a_prepared_write_and_a_normal_one_leave_the_same_row(
    store: Store, outcome: Outcome, again: object, *, durable: bool
) -> None:
    fill(store, 2)
    claim(store, 2)
    attempt = {"owner": "me", "outcome": outcome, "now": NOW, "next_attempt_at": again}
    writer = store.prepared_writer(durable=durable)
    assert writer is not None
    assert writer.write([attempt_statements.start_statement(1, owner="me", now=NOW)])
    with store.write() as tx:
        claims.start_attempt(tx, 2, owner="me", now=NOW)
    assert row(store, 1) == row(store, 2)
    assert row(store, 1)["started_at"] == NOW
    assert writer.write([attempt_statements.settle_statement(1, **attempt)])  # type: ignore[arg-type]
    with store.write() as tx:
        claims.settle_attempt(tx, 2, **attempt)  # type: ignore[arg-type]
    assert row(store, 1) == row(store, 2)
    assert row(store, 1)["state"] is not EditionState.CLAIMED
    writer.close()


def test_a_claim_that_is_gone_undoes_all_that_went_with_it(
    store: Store, writer: PreparedWriter
) -> None:
    fill(store, 3)
    claim(store, 2)
    sent = Sent(reply="ok")
    before = [row(store, number) for number in (1, 2, 3)]
    changes = [
        attempt_statements.settle_statement(1, owner="me", outcome=sent, now=NOW),
        attempt_statements.start_statement(2, owner="me", now=NOW),
        attempt_statements.start_statement(3, owner="me", now=NOW),
    ]
    assert not writer.write(changes)
    assert [row(store, number) for number in (1, 2, 3)] == before
    assert not writer.write([attempt_statements.start_statement(1, owner="another", now=NOW)])
    assert writer.write(changes[:2]), "the writer can still be used"
    assert row(store, 1)["state"] is EditionState.SENT


def test_others_may_write_between_two_writes(store: Store, writer: PreparedWriter) -> None:
    fill(store, 2)
    for number in (1, 2):
        with store.write() as tx:
            (claimed,) = claims.claim(tx, owner="me", now=NOW, limit=1)
        assert claimed.edition_id == number
        assert writer.write([attempt_statements.start_statement(number, owner="me", now=NOW)])


def test_a_rejected_update_raises_a_store_error(store: Store, writer: PreparedWriter) -> None:
    fill(store, 1)
    claim(store, 1)
    with store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE edition RENAME TO gone")
    with pytest.raises(StoreError, match="edition"):
        writer.write([attempt_statements.start_statement(1, owner="me", now=NOW)])
    with store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE gone RENAME TO edition")
    assert writer.write([attempt_statements.start_statement(1, owner="me", now=NOW)])


def test_a_closed_session_raises_store_unavailable(
    store: Store, writer: PreparedWriter, cut_sessions: Callable[[Store], None]
) -> None:
    fill(store, 1)
    claim(store, 1)
    cut_sessions(store)
    with pytest.raises(StoreUnavailable):
        writer.write([attempt_statements.start_statement(1, owner="me", now=NOW)])
    writer.close()


@pytest.fixture
def cut_sessions() -> Callable[[Store], None]:
    def cut(store: Store) -> None:
        if store.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no sessions")
        with store.write() as tx:
            tx.exec_driver_sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return cut


def test_a_dry_run_has_no_prepared_writer(store: Store) -> None:
    dry_run: Store = DryRunStore(store.engine)
    assert dry_run.prepared_writer(durable=False) is None
