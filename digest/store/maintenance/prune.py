"""Removes old data that nobody needs any more: contents of editions, abstracts, reports.

Never removed are titles, identifiers, listings, announcements, which papers a reader was shown,
and the days on which they had a digest. So no paper is announced or shown twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from digest.core.models.delivery import EditionState
from digest.errors import UsageError
from digest.store.database.learned_tables import feedback
from digest.store.database.schema import (
    announcement,
    batch,
    edition,
    edition_paper,
    meta,
    paper,
    paper_vector,
    revision,
    sighting,
)
from digest.store.database.statements import AnyRow, insert_or_ignore
from digest.store.database.store import Store
from digest.store.editions import serialization
from digest.store.papers.lookup import SIMILARITY_WINDOW

TABLES = (
    edition,
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
_KEY = "pruned editions"
# Editions in these states may still be sent; a refused one when the operator releases it.
_WAITING = (
    EditionState.QUEUED,
    EditionState.CLAIMED,
    EditionState.DEFERRED,
    EditionState.IN_DOUBT,
    EditionState.REFUSED,
)

_Change = Callable[[Connection, Sequence[AnyRow]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneReport:
    """How many rows were pruned, or would be in a dry run."""

    before: datetime  # only older data was pruned
    editions: int = 0  # whose content was cleared
    abstracts: int = 0  # revisions whose abstract, summary and keywords were cleared
    sightings: int = 0
    batches: int = 0  # reports of fetches


def prune(store: Store, *, before: datetime, now: datetime, dry_run: bool = False) -> PruneReport:
    """Removes old data in many small transactions, so that others can write meanwhile.

    Kept are:
    - the contents of editions that may still be sent;
    - the texts of papers that such an edition or a recent one shows, of the newest 2,000, and of
      those about which a reader gave feedback;
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
        pruned_through = _load_progress(tx)
        first_kept = _first_recent_edition(tx, before, pruned_through)
        first_batch = _first_recent_batch(tx, before)
    queries = _Queries(
        before=before,
        first_kept=first_kept,
        first_batch=first_batch,
        pruned_through=pruned_through,
    )
    steps: tuple[tuple[Select[*tuple[Any, ...]], _Change], ...] = (
        (queries.editions(), _clear_editions),
        (queries.abstracts(), _clear_texts),
        (queries.vectors(), _remove_vectors),
        (queries.sightings(), _remove_sightings),
        (queries.batches(dry_run=dry_run), _remove_batches),
    )
    if dry_run:
        with store.read() as tx:
            counts = [_count_rows(tx, query) for query, _ in steps]
    else:
        counts = [_process_all(store, query, change) for query, change in steps]
        with store.write() as tx:
            _save_progress(tx, first_kept)
    return PruneReport(
        before=before,
        editions=counts[0],
        abstracts=counts[1],
        sightings=counts[3],
        batches=counts[4],
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queries:
    """The queries that find what can be pruned."""

    before: datetime
    first_kept: int  # id of the first edition that is not old
    first_batch: int  # id of the first batch that is not old
    pruned_through: int  # editions up to this id were cleared by earlier calls

    def editions(self) -> Select[*tuple[Any, ...]]:
        """Selects old editions with content that will not be sent any more."""
        is_empty = cast(edition.c.content, Text).like('{"sections":[],"trending":[],%')
        return (
            select(edition.c.id, edition.c.content)
            .where(
                edition.c.id > self.pruned_through,
                edition.c.id < self.first_kept,
                edition.c.state.not_in(_WAITING),
                ~is_empty,
            )
            .order_by(edition.c.id)
        )

    def abstracts(self) -> Select[*tuple[Any, ...]]:
        """Selects old revisions with text whose papers no kept edition shows."""
        waiting = select(edition.c.id).where(edition.c.state.in_(_WAITING))
        shown = select(edition_paper.c.paper_id).where(
            or_(
                edition_paper.c.edition_id >= self.first_kept,
                edition_paper.c.edition_id.in_(waiting),
            )
        )
        announced = select(announcement.c.paper_id).where(announcement.c.at >= self.before)
        newest = (
            select(paper.c.id)
            .where(paper.c.merged_into.is_(None))
            .order_by(paper.c.id.desc())
            .limit(NEWEST_KEPT)
            .subquery()
        )
        first_newest = select(func.coalesce(func.min(newest.c.id), 0)).scalar_subquery()
        merged_id = func.coalesce(paper.c.merged_into, paper.c.id)
        has_text = or_(
            revision.c.abstract != "",
            revision.c.summary != "",
            cast(revision.c.keywords, Text) != "[]",
        )
        return (
            select(revision.c.id)
            .join(paper, paper.c.id == revision.c.paper_id)
            .where(
                revision.c.recorded_at < self.before,
                has_text,
                merged_id < first_newest,
                merged_id.not_in(shown),
                merged_id.not_in(announced),
                merged_id.not_in(select(feedback.c.paper_id)),
            )
            .order_by(revision.c.id)
        )

    def vectors(self) -> Select[*tuple[Any, ...]]:
        """Selects the vectors of old revisions without an abstract: they are ranked no more.

        They are computed again if they are needed. Not counted in the report.
        """
        return (
            select(paper_vector.c.revision_id, paper_vector.c.model)
            .join(revision, revision.c.id == paper_vector.c.revision_id)
            .where(revision.c.recorded_at < self.before, revision.c.abstract == "")
            .order_by(paper_vector.c.revision_id, paper_vector.c.model)
        )

    def sightings(self) -> Select[*tuple[Any, ...]]:
        """Selects old sightings without announcement that are not the last of their paper."""
        later = sighting.alias()
        has_later = (
            select(later.c.paper_id)
            .where(later.c.paper_id == sighting.c.paper_id, later.c.batch_id > sighting.c.batch_id)
            .exists()
        )
        return (
            select(sighting.c.batch_id, sighting.c.paper_id)
            .where(
                sighting.c.batch_id < self.first_batch,
                has_later,
                ~_was_announced(sighting.c.paper_id),
            )
            .order_by(sighting.c.batch_id, sighting.c.paper_id)
        )

    def batches(self, *, dry_run: bool) -> Select[*tuple[Any, ...]]:
        """Selects old batches without sightings and announcements.

        Args:
            dry_run: Treat the sightings that would be removed as removed.
        """
        with_sightings = select(sighting.c.batch_id)
        if dry_run:
            removed = self.sightings().order_by(None).subquery()
            is_removed = and_(
                removed.c.batch_id == sighting.c.batch_id,
                removed.c.paper_id == sighting.c.paper_id,
            )
            with_sightings = with_sightings.where(
                ~select(removed.c.batch_id).where(is_removed).exists()
            )
        last = select(func.max(batch.c.id)).group_by(batch.c.source)
        other = batch.alias()
        latest_day = (
            select(func.max(other.c.announced))
            .where(other.c.source == batch.c.source)
            .scalar_subquery()
        )
        return (
            select(batch.c.id)
            .where(
                batch.c.id < self.first_batch,
                batch.c.id.not_in(with_sightings),
                batch.c.id.not_in(select(announcement.c.batch_id)),
                batch.c.id.not_in(last),
                or_(batch.c.announced.is_(None), batch.c.announced != latest_day),
            )
            .order_by(batch.c.id)
        )


def _was_announced(paper_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the batch of a sighting announced its paper."""
    is_same = and_(
        announcement.c.paper_id == paper_id, announcement.c.batch_id == sighting.c.batch_id
    )
    return select(announcement.c.seq).where(is_same).exists()


def _first_recent_edition(tx: Connection, before: datetime, pruned_through: int) -> int:
    """Returns the id of the first edition that is not old; ids grow with time."""
    recent = select(edition.c.id).where(
        edition.c.id > pruned_through, edition.c.composed_at >= before
    )
    edition_id = tx.execute(recent.order_by(edition.c.id).limit(1)).scalar()
    if edition_id is None:
        edition_id = (tx.execute(select(func.max(edition.c.id))).scalar() or 0) + 1
    return int(edition_id)


def _first_recent_batch(tx: Connection, before: datetime) -> int:
    recent = select(func.min(batch.c.id)).where(batch.c.collected_at >= before)
    batch_id = tx.execute(recent).scalar()
    if batch_id is None:
        batch_id = (tx.execute(select(func.max(batch.c.id))).scalar() or 0) + 1
    return int(batch_id)


def _count_rows(tx: Connection, query: Select[*tuple[Any, ...]]) -> int:
    return tx.execute(
        select(func.count()).select_from(query.order_by(None).subquery())
    ).scalar_one()


def _process_all(store: Store, query: Select[*tuple[Any, ...]], change: _Change) -> int:
    """Applies `change` to all rows of a query; changed rows no longer match the query."""
    changed = 0
    while True:
        with store.read() as tx:
            rows = tx.execute(query.with_only_columns(*_key_columns(query)).limit(_READ_ROWS)).all()
        for start in range(0, len(rows), _WRITE_ROWS):
            with store.write() as tx:
                change(tx, rows[start : start + _WRITE_ROWS])
        changed += len(rows)
        if len(rows) < _READ_ROWS:
            return changed


def _key_columns(query: Select[*tuple[Any, ...]]) -> list[Any]:
    return [column for column in query.selected_columns if column.name != "content"]


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
    tx.execute(revisions.values(abstract="", summary="", keywords=[]))


def _remove_vectors(tx: Connection, rows: Sequence[AnyRow]) -> None:
    key = tuple_(paper_vector.c.revision_id, paper_vector.c.model)
    tx.execute(delete(paper_vector).where(key.in_([tuple(row) for row in rows])))


def _remove_sightings(tx: Connection, rows: Sequence[AnyRow]) -> None:
    key = tuple_(sighting.c.batch_id, sighting.c.paper_id)
    tx.execute(delete(sighting).where(key.in_([tuple(row) for row in rows])))


def _remove_batches(tx: Connection, rows: Sequence[AnyRow]) -> None:
    tx.execute(delete(batch).where(batch.c.id.in_([row.id for row in rows])))


def _load_progress(tx: Connection) -> int:
    """Returns the id of the last edition that earlier calls examined."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    return int(value) if value else 0


def _save_progress(tx: Connection, first_kept: int) -> None:
    tx.execute(delete(meta).where(meta.c.key == _KEY))
    tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": str(first_kept - 1)})
