"""The short way for starts and outcomes does what the long one does."""

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
def lane(store: Store) -> Iterator[PreparedWriter]:
    opened = store.lane(durable=False)
    assert opened is not None
    yield opened
    opened.close()


def claim(store: Store, count: int) -> None:
    with store.write() as tx:
        assert len(claims.claim(tx, owner="me", now=NOW, limit=count)) == count


def row(store: Store, number: int) -> dict[str, object]:
    with store.read() as tx:
        found = tx.execute(select(edition).where(edition.c.id == number)).one()._asdict()
    same = ("id", "subscription_id", "message_id")
    return {name: value for name, value in found.items() if name not in same}


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
def test_both_ways_leave_the_same_row(
    store: Store, outcome: Outcome, again: object, *, durable: bool
) -> None:
    fill(store, 2)
    claim(store, 2)
    said = {"owner": "me", "outcome": outcome, "now": NOW, "next_attempt_at": again}
    lane = store.lane(durable=durable)
    assert lane is not None
    assert lane.write([attempt_statements.starting(1, owner="me", now=NOW)])
    with store.write() as tx:
        claims.start(tx, 2, owner="me", now=NOW)
    assert row(store, 1) == row(store, 2)
    assert row(store, 1)["started_at"] == NOW
    assert lane.write([attempt_statements.settling(1, **said)])  # type: ignore[arg-type]
    with store.write() as tx:
        claims.settle(tx, 2, **said)  # type: ignore[arg-type]
    assert row(store, 1) == row(store, 2)
    assert row(store, 1)["state"] is not EditionState.CLAIMED
    lane.close()


def test_a_claim_that_is_gone_undoes_all_that_went_with_it(
    store: Store, lane: PreparedWriter
) -> None:
    fill(store, 3)
    claim(store, 2)
    sent = Sent(reply="ok")
    before = [row(store, number) for number in (1, 2, 3)]
    changes = [
        attempt_statements.settling(1, owner="me", outcome=sent, now=NOW),
        attempt_statements.starting(2, owner="me", now=NOW),
        attempt_statements.starting(3, owner="me", now=NOW),
    ]
    assert not lane.write(changes)
    assert [row(store, number) for number in (1, 2, 3)] == before
    assert not lane.write([attempt_statements.starting(1, owner="another", now=NOW)])
    assert lane.write(changes[:2]), "and the lane goes on"
    assert row(store, 1)["state"] is EditionState.SENT


def test_others_may_write_between_two_writes(store: Store, lane: PreparedWriter) -> None:
    fill(store, 2)
    for number in (1, 2):
        with store.write() as tx:
            (claimed,) = claims.claim(tx, owner="me", now=NOW, limit=1)
        assert claimed.edition_id == number
        assert lane.write([attempt_statements.starting(number, owner="me", now=NOW)])


def test_what_the_database_refuses_is_said_as_everywhere(
    store: Store, lane: PreparedWriter
) -> None:
    fill(store, 1)
    claim(store, 1)
    with store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE edition RENAME TO gone")
    with pytest.raises(StoreError, match="edition"):
        lane.write([attempt_statements.starting(1, owner="me", now=NOW)])
    with store.write() as tx:
        tx.exec_driver_sql("ALTER TABLE gone RENAME TO edition")
    assert lane.write([attempt_statements.starting(1, owner="me", now=NOW)])


def test_a_session_that_was_cut_is_said_as_everywhere(
    store: Store, lane: PreparedWriter, cut_sessions: Callable[[Store], None]
) -> None:
    fill(store, 1)
    claim(store, 1)
    cut_sessions(store)
    with pytest.raises(StoreUnavailable):
        lane.write([attempt_statements.starting(1, owner="me", now=NOW)])
    lane.close()


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


def test_a_rehearsal_has_no_lane(store: Store) -> None:
    rehearsal: Store = DryRunStore(store.engine)
    assert rehearsal.lane(durable=False) is None
