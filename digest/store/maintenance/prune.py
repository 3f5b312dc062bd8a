"""What grows and is asked for no more, removed by age; what a paper is known by never is.

Kept for ever: titles, identifiers, who listed a paper, announcements, which papers a reader was
shown, and that they had a digest on a day. So nothing is announced or shown twice.
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
from digest.store.database.schema import (
    announcement,
    batch,
    edition,
    edition_paper,
    meta,
    paper,
    revision,
    sighting,
)
from digest.store.database.statements import AnyRow, insert_or_ignore
from digest.store.database.store import Store
from digest.store.editions import serialization
from digest.store.papers.lookup import WINDOW

TABLES = (edition, revision, sighting, batch)  # that rows are changed in, or removed from
MIN_KEEP = WINDOW + timedelta(days=15)  # the abstracts of that window tell near titles apart
NEWEST_KEPT = 2000  # papers whose words stay whatever their age: what ranking learns from, twice

_READ_ROWS = 100_000  # rows asked for at once, in memory
_WRITE_ROWS = 1000  # rows a transaction: those who write meanwhile wait for no more
_KEY = "pruned editions"
# What may be sent yet; a refused one, too, if somebody releases it.
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
    """What was removed, or would be."""

    before: datetime  # what is older
    editions: int = 0  # whose contents
    abstracts: int = 0  # of texts of papers
    sightings: int = 0
    batches: int = 0  # reports of looks at sources


def prune(store: Store, *, before: datetime, now: datetime, dry_run: bool = False) -> PruneReport:
    """Removes what is older than a moment, a little at a time, while others write.

    Contents of digests that wait to be sent stay, as do the words of papers that a digest which
    is kept shows, or that are among the newest 2,000. Of sightings stay the one that an announcement
    came from and each paper's last; of batches those with announcements or sightings, and each
    source's last. Whatever interrupts this, the next call goes on.

    Args:
        store: the database.
        before: the moment; at least 45 days ago.
        now: the moment of the call.
        dry_run: only count; nothing is changed.

    Raises:
        UsageError: the moment is too late.
    """
    if before > now - MIN_KEEP:
        raise UsageError(
            f"the last {MIN_KEEP.days} days are kept in any case: papers of the last {WINDOW.days} days"
            f" are compared with new ones; give {MIN_KEEP.days} days or more"
        )
    with store.read() as tx:
        known = _load_progress(tx)
        first_kept = _first_recent_edition(tx, before, known)
        first_batch = _first_recent_batch(tx, before)
    old = _Queries(before=before, first_kept=first_kept, first_batch=first_batch, known=known)
    work: tuple[tuple[Select[*tuple[Any, ...]], _Change], ...] = (
        (old.editions(), _clear_editions),
        (old.abstracts(), _clear_texts),
        (old.sightings(), _remove_sightings),
        (old.batches(dry_run=dry_run), _remove_batches),
    )
    if dry_run:
        with store.read() as tx:
            counts = [_count_rows(tx, found) for found, _ in work]
    else:
        counts = [_process_all(store, found, change) for found, change in work]
        with store.write() as tx:
            _save_progress(tx, first_kept)
    return PruneReport(
        before=before,
        editions=counts[0],
        abstracts=counts[1],
        sightings=counts[2],
        batches=counts[3],
    )


def size(store: Store) -> int:
    """How many bytes the database takes, with what is free in it."""
    with store.read() as tx:
        if tx.dialect.name == "postgresql":
            return int(
                tx.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
            )
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(tx.exec_driver_sql("PRAGMA page_size").scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queries:
    """The statements that find what may go."""

    before: datetime
    first_kept: int  # number of the first edition that is not old
    first_batch: int  # and of the first such batch
    known: int  # editions up to this number were emptied before

    def editions(self) -> Select[*tuple[Any, ...]]:
        """Those whose contents nobody needs."""
        empty = cast(edition.c.content, Text).like('{"sections":[],"trending":[],%')
        return (
            select(edition.c.id, edition.c.content)
            .where(
                edition.c.id > self.known,
                edition.c.id < self.first_kept,
                edition.c.state.not_in(_WAITING),
                ~empty,
            )
            .order_by(edition.c.id)
        )

    def abstracts(self) -> Select[*tuple[Any, ...]]:
        """Texts of papers that no digest which is kept shows."""
        waiting = select(edition.c.id).where(edition.c.state.in_(_WAITING))
        shown = select(edition_paper.c.paper_id).where(
            or_(
                edition_paper.c.edition_id >= self.first_kept,
                edition_paper.c.edition_id.in_(waiting),
            )
        )
        news = select(announcement.c.paper_id).where(announcement.c.at >= self.before)
        newest = (
            select(paper.c.id)
            .where(paper.c.merged_into.is_(None))
            .order_by(paper.c.id.desc())
            .limit(NEWEST_KEPT)
            .subquery()
        )
        oldest_of_them = select(func.coalesce(func.min(newest.c.id), 0)).scalar_subquery()
        survivor = func.coalesce(paper.c.merged_into, paper.c.id)
        says_something = or_(
            revision.c.abstract != "",
            revision.c.summary != "",
            cast(revision.c.keywords, Text) != "[]",
        )
        return (
            select(revision.c.id)
            .join(paper, paper.c.id == revision.c.paper_id)
            .where(
                revision.c.recorded_at < self.before,
                says_something,
                survivor < oldest_of_them,
                survivor.not_in(shown),
                survivor.not_in(news),
            )
            .order_by(revision.c.id)
        )

    def sightings(self) -> Select[*tuple[Any, ...]]:
        """Those that neither an announcement came from nor are their paper's last."""
        later = sighting.alias()
        since = (
            select(later.c.paper_id)
            .where(later.c.paper_id == sighting.c.paper_id, later.c.batch_id > sighting.c.batch_id)
            .exists()
        )
        return (
            select(sighting.c.batch_id, sighting.c.paper_id)
            .where(sighting.c.batch_id < self.first_batch, since, ~_was_announced(sighting.c.paper_id))
            .order_by(sighting.c.batch_id, sighting.c.paper_id)
        )

    def batches(self, *, dry_run: bool) -> Select[*tuple[Any, ...]]:
        """Reports that nothing came from; in a dry run, also of sightings that would go."""
        seen = select(sighting.c.batch_id)
        if dry_run:
            gone = self.sightings().order_by(None).subquery()
            here = and_(
                gone.c.batch_id == sighting.c.batch_id, gone.c.paper_id == sighting.c.paper_id
            )
            seen = seen.where(~select(gone.c.batch_id).where(here).exists())
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
                batch.c.id.not_in(seen),
                batch.c.id.not_in(select(announcement.c.batch_id)),
                batch.c.id.not_in(last),
                or_(batch.c.announced.is_(None), batch.c.announced != latest_day),
            )
            .order_by(batch.c.id)
        )


def _was_announced(paper_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a sighting's paper was announced by its batch."""
    here = and_(announcement.c.paper_id == paper_id, announcement.c.batch_id == sighting.c.batch_id)
    return select(announcement.c.seq).where(here).exists()


def _first_recent_edition(tx: Connection, before: datetime, known: int) -> int:
    """The first edition that is young enough; numbers grow with time."""
    young = select(edition.c.id).where(edition.c.id > known, edition.c.composed_at >= before)
    found = tx.execute(young.order_by(edition.c.id).limit(1)).scalar()
    if found is None:
        found = (tx.execute(select(func.max(edition.c.id))).scalar() or 0) + 1
    return int(found)


def _first_recent_batch(tx: Connection, before: datetime) -> int:
    young = select(func.min(batch.c.id)).where(batch.c.collected_at >= before)
    found = tx.execute(young).scalar()
    if found is None:
        found = (tx.execute(select(func.max(batch.c.id))).scalar() or 0) + 1
    return int(found)


def _count_rows(tx: Connection, found: Select[*tuple[Any, ...]]) -> int:
    return tx.execute(
        select(func.count()).select_from(found.order_by(None).subquery())
    ).scalar_one()


def _process_all(store: Store, found: Select[*tuple[Any, ...]], change: _Change) -> int:
    """Changes all that is found, so many at a time; then it is not found any more."""
    changed = 0
    while True:
        with store.read() as tx:
            rows = tx.execute(found.with_only_columns(*_key_columns(found)).limit(_READ_ROWS)).all()
        for start in range(0, len(rows), _WRITE_ROWS):
            with store.write() as tx:
                change(tx, rows[start : start + _WRITE_ROWS])
        changed += len(rows)
        if len(rows) < _READ_ROWS:
            return changed


def _key_columns(found: Select[*tuple[Any, ...]]) -> list[Any]:
    return [column for column in found.selected_columns if column.name != "content"]


def _clear_editions(tx: Connection, rows: Sequence[AnyRow]) -> None:
    ids = [row.id for row in rows]
    found = select(edition.c.id, edition.c.content).where(edition.c.id.in_(ids))
    values = [
        {"which": row.id, "what": serialization.emptied(row.content)} for row in tx.execute(found)
    ]
    if values:
        here = update(edition).where(edition.c.id == bindparam("which"))
        tx.execute(here.values(content=bindparam("what", type_=edition.c.content.type)), values)


def _clear_texts(tx: Connection, rows: Sequence[AnyRow]) -> None:
    here = update(revision).where(revision.c.id.in_([row.id for row in rows]))
    tx.execute(here.values(abstract="", summary="", keywords=[]))


def _remove_sightings(tx: Connection, rows: Sequence[AnyRow]) -> None:
    gone = tuple_(sighting.c.batch_id, sighting.c.paper_id)
    tx.execute(delete(sighting).where(gone.in_([tuple(row) for row in rows])))


def _remove_batches(tx: Connection, rows: Sequence[AnyRow]) -> None:
    tx.execute(delete(batch).where(batch.c.id.in_([row.id for row in rows])))


def _load_progress(tx: Connection) -> int:
    """The number of the last edition that earlier calls looked at."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    return int(value) if value else 0


def _save_progress(tx: Connection, first_kept: int) -> None:
    tx.execute(delete(meta).where(meta.c.key == _KEY))
    tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": str(first_kept - 1)})
