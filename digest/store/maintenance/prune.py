"""Removes old data that nobody needs any more: contents of editions, abstracts, reports.

Never removed are titles, identifiers, listings, announcements, which papers a reader was shown,
and the days on which they had a digest. So no paper is announced or shown twice.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)

from digest.errors import UsageError
from digest.store.archive import shown_papers
from digest.store.database.schema import (
    batch,
    edition,
    paper,
    paper_vector,
    revision,
    sighting,
)
from digest.store.database.statements import AnyRow, rows_in
from digest.store.database.store import Store
from digest.store.editions import serialization
from digest.store.maintenance.oldest_data import PruneReport
from digest.store.maintenance.prune_queries import AnySelect, PruneQueries, save_progress
from digest.store.papers.lookup import SIMILARITY_WINDOW

TABLES = (
    edition,
    paper,
    revision,
    paper_vector,
    sighting,
    batch,
)  # tables in which pruning changes or deletes rows
# Papers of the window are compared with new ones by their abstracts, so these must stay.
MIN_KEEP = SIMILARITY_WINDOW + timedelta(days=15)
# Newest papers that keep their texts whatever their age: twice what ranking learns from.
NEWEST_KEPT = 2000

_READ_ROWS = 100_000  # rows in memory
_WRITE_ROWS = 1000  # rows in one transaction: other writers wait only for so many
_EDITIONS = 10_000  # editions whose papers are read at once

_Change = Callable[[Connection, Sequence[AnyRow]], None]
_Filter = Callable[[Connection, Sequence[AnyRow]], Sequence[AnyRow]]


def prune(store: Store, *, before: datetime, now: datetime, dry_run: bool = False) -> PruneReport:
    """Removes old data in many small transactions, so that others can write meanwhile.

    Kept are:
    - the contents of editions that may still be sent;
    - the texts of papers that such an edition or a recent one shows, of the newest 2,000, and of
      those about which a reader gave feedback, or that one keeps;
    - sightings that caused an announcement, and the last sighting of each paper;
    - batches with announcements or sightings, and the last batch of each source.

    After an interruption, the next call continues.

    Args:
        store: Store to prune.
        before: Remove only data from before this moment, which must be at least 45 days ago.
        now: Current time.
        dry_run: Only count; change nothing.

    Raises:
        UsageError: `before` is less than 45 days ago.
    """
    if before > now - MIN_KEEP:
        raise UsageError(
            f"the data of the last {MIN_KEEP.days} days cannot be pruned: papers of the last"
            f" {SIMILARITY_WINDOW.days} days are compared with new ones; give {MIN_KEEP.days} days or more"
        )
    with store.read() as tx:
        queries = PruneQueries.prepare(tx, before=before, newest_kept=NEWEST_KEPT)
        last_edition = tx.execute(select(func.max(edition.c.id))).scalar() or 0
        waiting = queries.waiting(tx)
    marked = queries.first_unmarked - 1 if dry_run else last_edition

    def unneeded(tx: Connection, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
        # Others may make editions while this runs.
        newest = shown_papers.papers_of(tx, edition.c.id > marked)
        return _not_of_papers(tx, rows, waiting | newest)

    steps: tuple[tuple[AnySelect, _Change, _Filter], ...] = (
        (queries.editions(), _clear_editions, _all),
        (queries.abstracts(), _clear_texts, unneeded),
        (queries.vectors(), _remove_vectors, _all),
        (queries.sightings(), _remove_sightings, _all),
        (queries.sightings_before_new_ones(), _remove_sightings, _all),
        (queries.batches(dry_run=dry_run), _remove_batches, _all),
    )
    if dry_run:
        counts = [_count(store, query, keep) for query, _, keep in steps]
    else:
        # First, because which texts may go depends on the newest edition that shows a paper.
        _mark_shown(store, queries, upto=last_edition)
        counts = [_process_all(store, query, change, keep) for query, change, keep in steps]
        with store.write() as tx:
            # Last: after a crash, the next run does the same work again and finds most of it done.
            save_progress(tx, queries.done(shown=last_edition))
    return PruneReport(
        before=before,
        editions=counts[0],
        abstracts=counts[1],
        sightings=counts[3] + counts[4],
        batches=counts[5],
    )


def database_size(store: Store) -> int:
    """Returns the size of the database in bytes, including free space in its file."""
    with store.read() as tx:
        if tx.dialect.name == "postgresql":
            return int(
                tx.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
            )
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(tx.exec_driver_sql("PRAGMA page_size").scalar_one())


def _mark_shown(store: Store, queries: PruneQueries, *, upto: int) -> None:
    """Stores for each paper the newest edition that shows it, for the editions not looked at yet."""
    newest = update(paper).where(paper.c.id == bindparam("paper"))
    for first in range(queries.first_unmarked, upto + 1, _EDITIONS):
        last = min(first + _EDITIONS - 1, upto)
        with store.read() as tx:
            found = sorted(shown_papers.newest_editions(tx, first, last).items())
        for start in range(0, len(found), _WRITE_ROWS):
            values = [
                {"paper": paper_id, "edition": edition_id}
                for paper_id, edition_id in found[start : start + _WRITE_ROWS]
            ]
            with store.write() as tx:
                tx.execute(newest.values(shown_in=bindparam("edition")), values)


def _all(tx: Connection, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:  # noqa: ARG001
    return rows


def _not_of_papers(
    tx: Connection, rows: Sequence[AnyRow], paper_ids: Collection[int]
) -> Sequence[AnyRow]:
    """Returns the revisions that are of other papers."""
    if not paper_ids:
        return rows
    merged_id = func.coalesce(paper.c.merged_into, paper.c.id)
    papers = select(revision.c.id, merged_id).join(paper, paper.c.id == revision.c.paper_id)
    found = rows_in(tx, papers, revision.c.id, [row.id for row in rows])
    paper_of = {row[0]: row[1] for row in found}
    return [row for row in rows if paper_of[row.id] not in paper_ids]


def _count(store: Store, query: AnySelect, keep: _Filter) -> int:
    if keep is not _all:
        with store.read() as tx:
            return sum(len(keep(tx, rows)) for rows in _pages(store, query))
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    with store.read() as tx:
        return tx.execute(counted).scalar_one()


def _process_all(store: Store, query: AnySelect, change: _Change, keep: _Filter) -> int:
    """Applies `change` to the rows of a query that `keep` returns, and returns their number."""
    changed = 0
    for rows in _pages(store, query):
        for start in range(0, len(rows), _WRITE_ROWS):
            with store.write() as tx:
                part = keep(tx, rows[start : start + _WRITE_ROWS])
                change(tx, part)
            changed += len(part)
    return changed


def _pages(store: Store, query: AnySelect) -> Iterator[Sequence[AnyRow]]:
    """Yields all rows of a query, which is ordered by the columns that it selects."""
    part = query
    while True:
        with store.read() as tx:
            # Pages by key, not by OFFSET, which would read all rows before the page again.
            rows = tx.execute(part.limit(_READ_ROWS)).all()
        yield rows
        if len(rows) < _READ_ROWS:
            return
        columns = list(query.selected_columns)
        last = [
            literal(value, column.type) for value, column in zip(rows[-1], columns, strict=True)
        ]
        part = query.where(tuple_(*columns) > tuple_(*last))


def _clear_editions(tx: Connection, rows: Sequence[AnyRow]) -> None:
    ids = [row.id for row in rows]
    contents = select(edition.c.id, edition.c.content).where(edition.c.id.in_(ids))
    values = [
        {"edition_id": row.id, "counts": serialization.without_papers(row.content)}
        for row in tx.execute(contents)
    ]
    if values:
        one_edition = update(edition).where(edition.c.id == bindparam("edition_id"))
        counts = bindparam("counts", type_=edition.c.content.type)
        tx.execute(one_edition.values(content=counts), values)


def _clear_texts(tx: Connection, rows: Sequence[AnyRow]) -> None:
    revisions = update(revision).where(revision.c.id.in_([row.id for row in rows]))
    tx.execute(revisions.values(abstract="", summary="", keywords=[], connections=[]))


def _remove_vectors(tx: Connection, rows: Sequence[AnyRow]) -> None:
    _remove_by_key(tx, paper_vector, rows)


def _remove_sightings(tx: Connection, rows: Sequence[AnyRow]) -> None:
    _remove_by_key(tx, sighting, rows)


def _remove_by_key(tx: Connection, table: Table, rows: Sequence[AnyRow]) -> None:
    """Deletes rows one by one: SQLite would read the whole table for a list of pairs."""
    keys = table.primary_key.columns
    one_row = delete(table).where(*(key == bindparam(f"of_{key.name}") for key in keys))
    values = [{f"of_{key.name}": getattr(row, key.name) for key in keys} for row in rows]
    if values:
        tx.execute(one_row, values)


def _remove_batches(tx: Connection, rows: Sequence[AnyRow]) -> None:
    tx.execute(delete(batch).where(batch.c.id.in_([row.id for row in rows])))
