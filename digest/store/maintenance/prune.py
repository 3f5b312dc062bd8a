"""Removes old data that nobody needs any more: contents of editions, abstracts, reports.

Never removed are titles, identifiers, listings, announcements, which papers a reader was shown,
and the days on which they had a digest. So no paper is announced or shown twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
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
from digest.store.database.schema import (
    batch,
    edition,
    paper,
    paper_vector,
    revision,
    sighting,
)
from digest.store.database.statements import AnyRow
from digest.store.database.store import Store
from digest.store.editions import serialization
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


class PruneReport(Struct, frozen=True, kw_only=True):
    """How many rows were pruned, or would be in a dry run."""

    before: datetime  # only older data was pruned
    editions: int = 0  # whose content was cleared
    abstracts: int = 0  # revisions whose abstract, summary, keywords and connections were cleared
    sightings: int = 0
    batches: int = 0  # reports of fetches


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
    marked = queries.first_unmarked - 1 if dry_run else last_edition
    steps: tuple[tuple[AnySelect, _Change], ...] = (
        (queries.editions(), _clear_editions),
        (queries.abstracts(marked=marked), _clear_texts),
        (queries.vectors(), _remove_vectors),
        (queries.sightings(), _remove_sightings),
        (queries.sightings_before_new_ones(), _remove_sightings),
        (queries.batches(dry_run=dry_run), _remove_batches),
    )
    if dry_run:
        with store.read() as tx:
            counts = [_count_rows(tx, query) for query, _ in steps]
    else:
        # First, because which texts may go depends on the newest edition that shows a paper.
        _mark_shown(store, queries, upto=last_edition)
        counts = [_process_all(store, query, change) for query, change in steps]
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
            rows = tx.execute(queries.newly_shown(first, last)).all()
        for start in range(0, len(rows), _WRITE_ROWS):
            values = [
                {"paper": row.paper_id, "edition": row.edition}
                for row in rows[start : start + _WRITE_ROWS]
            ]
            with store.write() as tx:
                tx.execute(newest.values(shown_in=bindparam("edition")), values)


def _count_rows(tx: Connection, query: AnySelect) -> int:
    return tx.execute(
        select(func.count()).select_from(query.order_by(None).subquery())
    ).scalar_one()


def _process_all(store: Store, query: AnySelect, change: _Change) -> int:
    """Applies `change` to all rows of a query, which is ordered by the columns that it selects."""
    changed = 0
    part = query
    while True:
        with store.read() as tx:
            # Pages by key, not by OFFSET, which would read all rows before the page again.
            rows = tx.execute(part.limit(_READ_ROWS)).all()
        for start in range(0, len(rows), _WRITE_ROWS):
            with store.write() as tx:
                change(tx, rows[start : start + _WRITE_ROWS])
        changed += len(rows)
        if len(rows) < _READ_ROWS:
            return changed
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
