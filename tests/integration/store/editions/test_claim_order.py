"""Claiming reads the first editions in an index, not all that wait."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert
from support.builders import NOW, TODAY
from support.subscribers import start_subscription

from digest.core.models.delivery import EditionState
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import claims

WAITING = 2000


@pytest.fixture
def waiting(store: Store) -> Store:
    """A store in which many editions were composed at one moment, after its last statistics."""
    with store.write() as tx:
        subscription = start_subscription(tx, "ada@reader.example")
        rows = [
            {
                "subscription_id": subscription,
                "local_date": TODAY.replace(year=TODAY.year + number),
                "composed_at": NOW,
                "state": EditionState.QUEUED,
                "content": {},
                "matched": 0,
                "message_id": f"<{number}@example.org>",
                "attempts": 0,
                "next_attempt_at": NOW,
            }
            for number in range(1, WAITING)
        ]
        tx.execute(insert(schema.edition), rows)
    return store


def plans(tx: Connection, act: Callable[[], object]) -> list[str]:
    """Returns the plans of all queries of editions that `act` runs."""
    found = []
    explain = "EXPLAIN " if tx.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "

    def note(*call: Any) -> None:
        _, cursor, statement, parameters = call[:4]
        if statement.startswith("SELECT edition.id AS edition_id"):
            cursor.execute(explain + statement, parameters)
            found.append("\n".join(str(row) for row in cursor.fetchall()))

    event.listen(tx, "before_cursor_execute", note)
    act()
    return found


def test_claims_are_found_in_the_order_of_an_index(waiting: Store) -> None:
    with waiting.write() as tx:
        found = plans(tx, lambda: claims.claim(tx, owner="a", now=NOW, limit=10))
    assert len(found) >= 2, "due retries, and first attempts"
    for plan in found:
        assert "ix_edition_state_next_attempt_at_id" in plan
        assert "sort" not in plan.lower(), plan
        assert "TEMP B-TREE" not in plan, plan
