"""Finds what can be pruned, without reading again what earlier calls have read."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    cast,
    delete,
    func,
    not_,
    or_,
    select,
    text,
    union,
)

from digest.core.models.delivery import EditionState
from digest.store.archive import shown_papers
from digest.store.database.learned_tables import feedback, reader_paper
from digest.store.database.schema import (
    HAS_TEXT,
    announcement,
    batch,
    edition,
    merge,
    meta,
    paper,
    paper_vector,
    revision,
    sighting,
)
from digest.store.database.statements import insert_or_ignore
from digest.store.papers.source_state import batch_sources

# Editions in these states may still be sent; a refused one when the operator releases it.
WAITING = (
    EditionState.QUEUED,
    EditionState.CLAIMED,
    EditionState.DEFERRED,
    EditionState.IN_DOUBT,
    EditionState.REFUSED,
)

AnySelect = Select[*tuple[Any, ...]]

_EDITIONS_KEY = "pruned editions"
_PROGRESS_KEY = "prune progress"


class PruneProgress(Struct, frozen=True, kw_only=True):
    """How far earlier calls have come; all are ids of the last row, 0 at first."""

    editions: int = 0  # editions that were cleared, unless they may still be sent
    shown: int = 0  # editions that `paper.shown_in` takes into account
    batches: int = 0  # batches whose sightings were looked at as old ones
    sighted: int = 0  # batches whose sightings were looked at as later ones
    merges: int = 0  # merges that were looked at


def load_progress(tx: Connection) -> PruneProgress:
    """Returns how far earlier calls have come."""
    rows = tx.execute(select(meta).where(meta.c.key.in_([_EDITIONS_KEY, _PROGRESS_KEY])))
    values = {row.key: json.loads(row.value) for row in rows}
    return PruneProgress(
        **values.get(_PROGRESS_KEY, {}), editions=int(values.get(_EDITIONS_KEY, 0))
    )


def save_progress(tx: Connection, progress: PruneProgress) -> None:
    """Stores how far this call has come."""
    values = asdict(progress)
    stored = {_EDITIONS_KEY: values.pop("editions"), _PROGRESS_KEY: values}
    tx.execute(delete(meta).where(meta.c.key.in_(list(stored))))
    for key, value in stored.items():
        tx.execute(insert_or_ignore(tx, meta), {"key": key, "value": json.dumps(value)})


class PruneQueries(Struct, frozen=True, kw_only=True):
    """The queries that find what can be pruned."""

    before: datetime
    progress: PruneProgress
    first_kept: int  # id of the first edition that is not old
    first_batch: int  # id of the first batch that is not old
    first_seq: int  # of the first announcement that is not old
    first_newest: int  # id of the oldest of the newest papers
    first_revision: int  # id of the first revision with text that is not old
    last_batch: int
    last_merge: int
    last_of_sources: Sequence[tuple[str, int, Any]]  # name, last batch, latest day of a batch

    @classmethod
    def prepare(cls, tx: Connection, *, before: datetime, newest_kept: int) -> "PruneQueries":
        """Finds where the old data ends.

        Args:
            tx: Transaction.
            before: Only older data is pruned.
            newest_kept: Number of the newest papers that keep their texts whatever their age.
        """
        progress = load_progress(tx)
        recent_edition = select(edition.c.id).where(
            edition.c.id > progress.editions, edition.c.composed_at >= before
        )
        first_batch = _first(
            tx, select(func.min(batch.c.id)).where(batch.c.collected_at >= before), batch
        )
        recent_seq = (
            select(announcement.c.seq)
            .where(announcement.c.batch_id >= first_batch)
            .order_by(announcement.c.batch_id, announcement.c.seq)
        )
        recent_text = (
            select(revision.c.id)
            .where(revision.c.recorded_at >= before, text(HAS_TEXT))
            .order_by(revision.c.recorded_at, revision.c.id)
        )
        newest = select(paper.c.id).where(paper.c.merged_into.is_(None)).order_by(paper.c.id.desc())
        days = func.max(batch.c.announced, type_=batch.c.announced.type)
        return cls(
            before=before,
            progress=progress,
            first_kept=_first(tx, recent_edition.order_by(edition.c.id).limit(1), edition),
            first_batch=first_batch,
            first_seq=_first(tx, recent_seq.limit(1), announcement, "seq"),
            first_newest=tx.execute(newest.offset(newest_kept - 1).limit(1)).scalar() or 0,
            first_revision=_first(tx, recent_text.limit(1), revision),
            last_batch=_last(tx, batch),
            last_merge=_last(tx, merge),
            last_of_sources=[
                (
                    name,
                    tx.execute(
                        select(func.max(batch.c.id)).where(batch.c.source == name)
                    ).scalar_one(),
                    tx.execute(select(days).where(batch.c.source == name)).scalar_one(),
                )
                for name in batch_sources(tx)
            ],
        )

    def done(self, *, shown: int) -> PruneProgress:
        """Returns how far a call has come that has pruned everything that these queries find."""
        return PruneProgress(
            editions=self.first_kept - 1,
            shown=shown,
            batches=max(self.first_batch - 1, self.progress.batches),
            sighted=self.last_batch,
            merges=self.last_merge,
        )

    def editions(self) -> AnySelect:
        """Selects old editions with content that will not be sent any more."""
        is_empty = cast(edition.c.content, Text).like('{"sections":[],"trending":[],%')
        return (
            select(edition.c.id)
            .where(
                edition.c.id > self.progress.editions,
                edition.c.id < self.first_kept,
                edition.c.state.not_in(WAITING),
                ~is_empty,
            )
            .order_by(edition.c.id)
        )

    def abstracts(self) -> AnySelect:
        """Selects old revisions with text whose papers `paper.shown_in` does not protect.

        Those of the papers of `shown_after` and `waiting` are among them.
        """
        # A merged record's papers are in editions under its own id or that of the other record.
        merged_id = func.coalesce(paper.c.merged_into, paper.c.id)
        other = _other(paper)
        other_is_shown = (
            select(other.c.id)
            .where(other.c.id == paper.c.merged_into, other.c.shown_in >= self.first_kept)
            .exists()
        )
        is_announced = (
            select(announcement.c.seq)
            .where(announcement.c.paper_id == merged_id, announcement.c.seq >= self.first_seq)
            .exists()
        )
        has_feedback = select(feedback.c.kind).where(feedback.c.paper_id == merged_id).exists()
        is_kept = select(reader_paper.c.note).where(reader_paper.c.paper_id == merged_id).exists()
        return (
            select(revision.c.recorded_at, revision.c.id)
            .join(paper, paper.c.id == revision.c.paper_id)
            .where(
                revision.c.recorded_at < self.before,
                text(HAS_TEXT),  # an index has only such revisions
                merged_id < self.first_newest,
                func.coalesce(paper.c.shown_in, 0) < self.first_kept,
                ~other_is_shown,
                ~is_announced,
                ~has_feedback,
                ~is_kept,
            )
            .order_by(revision.c.recorded_at, revision.c.id)
        )

    def waiting(self, tx: Connection) -> set[int]:
        """Returns the papers of old editions that may still be sent."""
        may_be_sent = and_(edition.c.state.in_(WAITING), edition.c.id < self.first_kept)
        return shown_papers.papers_of(tx, may_be_sent)

    @property
    def first_unmarked(self) -> int:
        """The first kept edition that `paper.shown_in` does not take into account yet."""
        return max(self.progress.shown + 1, self.first_kept)

    def vectors(self) -> AnySelect:
        """Selects the vectors of old revisions without an abstract: they are ranked no more.

        They are computed again if they are needed. Not counted in the report.
        """
        return (
            select(paper_vector.c.revision_id, paper_vector.c.model)
            .join(revision, revision.c.id == paper_vector.c.revision_id)
            .where(
                paper_vector.c.revision_id < self.first_revision,
                revision.c.recorded_at < self.before,
                revision.c.abstract == "",
            )
            .order_by(paper_vector.c.revision_id, paper_vector.c.model)
        )

    def sightings(self) -> AnySelect:
        """Selects newly old sightings without announcement that are not the last of their paper."""
        return (
            _removable_sightings(sighting)
            .where(
                sighting.c.batch_id > self.progress.batches,
                sighting.c.batch_id < self.first_batch,
            )
            .order_by(sighting.c.batch_id, sighting.c.paper_id)
        )

    def sightings_before_new_ones(self) -> AnySelect:
        """Selects such sightings that were the last of their paper when an earlier call saw them."""
        again = union(
            select(sighting.c.paper_id).where(sighting.c.batch_id > self.progress.sighted),
            select(merge.c.paper_id).where(merge.c.id > self.progress.merges),
        ).subquery()
        old = _other(sighting)
        oldest_kept = min(self.progress.batches + 1, self.first_batch)
        return (
            _removable_sightings(old)
            .join_from(again, old, old.c.paper_id == again.c.paper_id)
            .where(old.c.batch_id < oldest_kept)
            .order_by(old.c.batch_id, old.c.paper_id)
        )

    def batches(self, *, dry_run: bool) -> AnySelect:
        """Selects old batches without sightings and announcements.

        Args:
            dry_run: Treat the sightings that would be removed as removed.
        """
        has_announced = (
            select(announcement.c.seq).where(announcement.c.batch_id == batch.c.id).exists()
        )
        has_sighting = select(sighting.c.paper_id).where(sighting.c.batch_id == batch.c.id)
        if dry_run:
            has_sighting = has_sighting.where(not_(_is_removable(sighting)))
        last = [batch_id for _, batch_id, _ in self.last_of_sources]
        of_latest_day = [
            and_(batch.c.source == name, batch.c.announced == day)
            for name, _, day in self.last_of_sources
            if day is not None
        ]
        return (
            select(batch.c.id)
            .where(
                batch.c.id < self.first_batch,
                batch.c.id.not_in(last),
                not_(or_(*of_latest_day, batch.c.id < 0)),
                ~has_announced,
                ~has_sighting.exists(),
            )
            .order_by(batch.c.id)
        )


@cache
def _other(table: FromClause) -> FromClause:
    """Returns the table under another name; to make one copies all its columns."""
    return table.alias()


def _removable_sightings(table: FromClause) -> AnySelect:
    return select(table.c.batch_id, table.c.paper_id).where(_is_removable(table))


@cache
def _is_removable(table: FromClause) -> ColumnElement[bool]:
    """Whether a sighting is not the last of its paper, and its batch did not announce the paper."""
    later = sighting.alias()
    has_later = (
        select(later.c.paper_id)
        .where(later.c.paper_id == table.c.paper_id, later.c.batch_id > table.c.batch_id)
        .exists()
    )
    is_same = and_(
        announcement.c.paper_id == table.c.paper_id, announcement.c.batch_id == table.c.batch_id
    )
    return and_(has_later, ~select(announcement.c.seq).where(is_same).exists())


def _first(tx: Connection, query: AnySelect, table: FromClause, key: str = "id") -> int:
    """Returns the id that a query finds; without one, the id after the last of the table."""
    found = tx.execute(query).scalar()
    return int(found) if found is not None else _last(tx, table, key) + 1


def _last(tx: Connection, table: FromClause, key: str = "id") -> int:
    return int(tx.execute(select(func.max(table.c[key]))).scalar() or 0)
