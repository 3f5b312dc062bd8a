"""Stores which papers each subscription was shown, so that none is shown twice.

A row has the papers of one edition whose ids are in one block of `BLOCK` ids: a byte for each, its
id modulo `BLOCK`. New papers have ids that follow each other, so an edition has few rows. With a row
for each paper, an edition of 117 papers cost PostgreSQL 1.2 ms, most of it for the foreign keys, and
12 KB; it costs 20 us and 0.3 KB now.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, select, tuple_, update

from digest.store.database.schema import edition, shown_papers
from digest.store.database.statements import AnyRow, insert_rows, rows_in

BLOCK = 256

PackedPapers = tuple[int, bytes]
"""The papers of a block: its number, and a byte for each of them; see the module."""

_columns = shown_papers.c
_EDITIONS = 100  # of one reader, read at once
_ROWS = 10_000  # read at once


def packed(paper_ids: Iterable[int]) -> list[PackedPapers]:
    """Returns some papers, the lowest block first."""
    ids, start = sorted(set(paper_ids)), 0
    found: list[PackedPapers] = []
    while start < len(ids):  # block by block: an edition has hundreds of papers in a few blocks
        block = ids[start] // BLOCK
        first = block * BLOCK
        end = bisect_left(ids, first + BLOCK, start)
        found.append((block, bytes([paper_id - first for paper_id in ids[start:end]])))
        start = end
    return found


def unpacked(block: int, papers: bytes) -> list[int]:
    """Returns the ids of the papers of a row, the lowest first."""
    first = block * BLOCK
    return [first + number for number in papers]


def exported(rows: Iterable[AnyRow]) -> Iterator[dict[str, int]]:
    """Yields the papers of rows of the table, each as it is exported."""
    for row in rows:
        for paper_id in unpacked(row.block, row.papers):
            yield {
                "subscription_id": row.subscription_id,
                "paper_id": paper_id,
                "edition_id": row.edition_id,
            }


def shown_to(
    tx: Connection, subscription_ids: Collection[int], paper_ids: Collection[int]
) -> set[tuple[int, int]]:
    """Returns which of the papers the editions of some subscriptions have shown.

    Args:
        tx: Transaction.
        subscription_ids: The subscriptions.
        paper_ids: The papers.

    Returns:
        Pairs of a subscription and a paper.
    """
    rows = _rows(tx, subscription_ids, paper_ids)
    return {(subscription_id, paper_id) for subscription_id, _, paper_id in rows}


def editions_with(
    tx: Connection, subscription_ids: Collection[int], paper_ids: Collection[int]
) -> set[int]:
    """Returns the ids of the editions of some subscriptions that show one of the papers."""
    return {edition_id for _, edition_id, _ in _rows(tx, subscription_ids, paper_ids)}


def last_editions(
    tx: Connection, subscription_id: int, paper_ids: Collection[int]
) -> dict[int, int]:
    """Returns for each of the papers the id of the last edition that showed it; none is left out."""
    last: dict[int, int] = {}
    for _, edition_id, paper_id in _rows(tx, [subscription_id], paper_ids):
        last[paper_id] = max(edition_id, last.get(paper_id, 0))
    return last


def newest_first(tx: Connection, subscription_id: int) -> Iterator[list[int]]:
    """Yields the papers of a subscription, some editions at once.

    Those of the newest edition come first. Each paper comes once, with the newest edition that
    shows it; those of one edition come by their ids, the highest first.
    """
    found = (
        select(edition.c.local_date, _columns.block, _columns.papers)
        .join_from(edition, shown_papers, _columns.edition_id == edition.c.id)
        .order_by(edition.c.local_date.desc(), _columns.block.desc())
    )
    days = (
        select(edition.c.local_date)
        .where(edition.c.subscription_id == subscription_id)
        .order_by(edition.c.local_date.desc())
    )
    part = days
    seen: set[int] = set()
    # In the order of an index, so that the first pages of many years take no longer.
    while dates := list(tx.execute(part.limit(_EDITIONS)).scalars()):
        of_dates = found.where(
            edition.c.subscription_id == subscription_id,
            edition.c.local_date.between(dates[-1], dates[0]),
        )
        new = []
        for row in tx.execute(of_dates):
            for paper_id in reversed(unpacked(row.block, row.papers)):
                if paper_id not in seen:
                    seen.add(paper_id)
                    new.append(paper_id)
        yield new
        part = days.where(edition.c.local_date < dates[-1])


def newest_editions(tx: Connection, first: int, last: int) -> dict[int, int]:
    """Returns the papers that the editions from `first` to `last` show, each with the newest of them."""
    found: dict[int, int] = {}
    for paper_id, edition_id in _of_editions(tx, edition.c.id.between(first, last)):
        found[paper_id] = max(edition_id, found.get(paper_id, 0))
    return found


def papers_of(tx: Connection, editions: ColumnElement[bool]) -> set[int]:
    """Returns the ids of the papers that the editions show that meet a condition."""
    return {paper_id for paper_id, _ in _of_editions(tx, editions)}


def move(tx: Connection, paper_id: int, *, to: int) -> None:
    """Replaces a paper by another one in all editions that show it."""
    block, number = divmod(paper_id, BLOCK)
    key = tuple_(_columns.subscription_id, _columns.edition_id)
    of_block = select(shown_papers).where(_columns.block == block).order_by(*_columns).limit(_ROWS)
    last = 0, 0
    while rows := tx.execute(of_block.where(key > last)).all():
        last = rows[-1].subscription_id, rows[-1].edition_id
        for row in rows:
            if number in row.papers:
                kept = bytes(other for other in row.papers if other != number)
                _set(tx, block, row.subscription_id, row.edition_id, kept)
                _add(tx, row.subscription_id, row.edition_id, to)


def _add(tx: Connection, subscription_id: int, edition_id: int, paper_id: int) -> None:
    block, number = divmod(paper_id, BLOCK)
    there = tx.execute(
        select(_columns.papers).where(*_key(block, subscription_id, edition_id))
    ).scalar()
    if there is not None:
        _set(tx, block, subscription_id, edition_id, bytes(sorted({*there, number})))
        return
    key = {"block": block, "subscription_id": subscription_id, "edition_id": edition_id}
    insert_rows(tx, shown_papers, [{**key, "papers": bytes([number])}])


def _set(tx: Connection, block: int, subscription_id: int, edition_id: int, papers: bytes) -> None:
    key = _key(block, subscription_id, edition_id)
    if papers:
        tx.execute(update(shown_papers).where(*key).values(papers=papers))
    else:
        tx.execute(delete(shown_papers).where(*key))


def _key(block: int, subscription_id: int, edition_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        _columns.block == block,
        _columns.subscription_id == subscription_id,
        _columns.edition_id == edition_id,
    )


def _rows(
    tx: Connection, subscription_ids: Collection[int], paper_ids: Collection[int]
) -> Iterator[tuple[int, int, int]]:
    """Yields the subscription, the edition and the paper."""
    columns: Select[*tuple[Any, ...]] = select(
        _columns.subscription_id, _columns.edition_id, _columns.papers
    )
    for block, wanted in packed(paper_ids):
        numbers = set(wanted)
        of_block = columns.where(_columns.block == block)
        for row in rows_in(tx, of_block, _columns.subscription_id, subscription_ids):
            for number in numbers.intersection(row.papers):
                yield row.subscription_id, row.edition_id, block * BLOCK + number


def _of_editions(tx: Connection, editions: ColumnElement[bool]) -> Iterator[tuple[int, int]]:
    found = (
        select(_columns.edition_id, _columns.block, _columns.papers)
        .join_from(edition, shown_papers, _columns.edition_id == edition.c.id)
        .where(editions)
    )
    for row in tx.execute(found):
        for paper_id in unpacked(row.block, row.papers):
            yield paper_id, row.edition_id
