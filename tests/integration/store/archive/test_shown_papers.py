"""Which papers readers were shown, packed in blocks, on both databases."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from support.builders import NOW, TODAY
from support.subscribers import start_subscription

from digest.core.models.delivery import EditionState
from digest.store.archive import shown_papers
from digest.store.archive.shown_papers import BLOCK, packed, unpacked
from digest.store.database import schema
from digest.store.database.store import Connection, Store

paper_ids = st.integers(1, 2**40)


@given(st.frozensets(paper_ids, max_size=50))
def test_packed_papers_are_unpacked_to_the_same(papers: frozenset[int]) -> None:
    rows = packed(papers)
    assert [paper for row in rows for paper in unpacked(*row)] == sorted(papers)
    assert len({block for block, _ in rows}) == len(rows)


def test_papers_that_follow_each_other_need_few_bytes() -> None:
    rows = packed(range(BLOCK, 3 * BLOCK))
    assert [(block, len(papers)) for block, papers in rows] == [(1, BLOCK), (2, BLOCK)]


@pytest.fixture
def reader(store: Store) -> Iterator[tuple[Connection, int]]:
    """A reader with three digests; paper 1 is in the first and the last one, and Bob has it too."""
    with store.write() as tx:
        ada = start_subscription(tx, "ada@reader.example")
        bob = start_subscription(tx, "bob@reader.example")
        _insert(tx, 1, ada, day=1, papers=(1, 2, 3 * BLOCK))
        _insert(tx, 2, ada, day=2, papers=(BLOCK - 1, BLOCK))
        _insert(tx, 3, ada, day=3, papers=(1, 300))
        _insert(tx, 4, bob, day=3, papers=(1,))
    with store.write() as tx:
        yield tx, ada


def _insert(
    tx: Connection, number: int, subscription: int, *, day: int, papers: tuple[int, ...]
) -> None:
    edition = {
        "id": number,
        "subscription_id": subscription,
        "local_date": TODAY.replace(day=day),
        "composed_at": NOW,
        "state": EditionState.SENT,
        "content": {},
        "matched": 0,
        "message_id": f"<{number}@example.org>",
        "attempts": 1,
        "next_attempt_at": NOW,
    }
    tx.execute(insert(schema.edition), [edition])
    rows = [
        {"block": block, "subscription_id": subscription, "edition_id": number, "papers": part}
        for block, part in packed(papers)
    ]
    tx.execute(insert(schema.shown_papers), rows)


def pages(tx: Connection, number: int) -> list[int]:
    return [paper for part in shown_papers.newest_first(tx, number) for paper in part]


def test_only_papers_of_the_subscriptions_that_are_asked_about_are_found(
    reader: tuple[Connection, int],
) -> None:
    tx, ada = reader
    asked = [1, 3, BLOCK, 2 * BLOCK, 10_000]
    assert shown_papers.shown_to(tx, [ada], asked) == {(ada, 1), (ada, BLOCK)}
    assert shown_papers.shown_to(tx, [ada + 1], asked) == {(ada + 1, 1)}
    assert shown_papers.shown_to(tx, [ada, ada + 1], [1]) == {(ada, 1), (ada + 1, 1)}
    assert shown_papers.shown_to(tx, [], asked) == set()
    assert shown_papers.editions_with(tx, [ada], [1, BLOCK]) == {1, 2, 3}


def test_a_paper_that_was_shown_twice_counts_for_the_newest_digest(
    reader: tuple[Connection, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tx, ada = reader
    assert shown_papers.last_editions(tx, ada, [1, 2, 7]) == {1: 3, 2: 1}
    assert shown_papers.newest_editions(tx, 1, 4) == {
        1: 4,
        2: 1,
        3 * BLOCK: 1,
        BLOCK - 1: 2,
        BLOCK: 2,
        300: 3,
    }
    expected = [300, 1, BLOCK, BLOCK - 1, 3 * BLOCK, 2]
    assert pages(tx, ada) == expected
    monkeypatch.setattr(shown_papers, "_EDITIONS", 1)
    assert pages(tx, ada) == expected


def test_a_paper_that_becomes_another_one_is_replaced_in_every_digest(
    reader: tuple[Connection, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tx, ada = reader
    monkeypatch.setattr(shown_papers, "_ROWS", 1)
    shown_papers.move(tx, 1, to=BLOCK)
    assert pages(tx, ada) == [300, BLOCK, BLOCK - 1, 3 * BLOCK, 2]
    assert pages(tx, ada + 1) == [BLOCK]
    shown_papers.move(tx, 3 * BLOCK, to=2)
    assert pages(tx, ada) == [300, BLOCK, BLOCK - 1, 2]
    blocks = select(schema.shown_papers.c.block).order_by(schema.shown_papers.c.block)
    assert list(tx.execute(blocks).scalars()) == [0, 0, 1, 1, 1, 1], "no row is empty"
