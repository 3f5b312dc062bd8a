"""Reads the announcement log and the papers that a digest may show."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from digest.core.models.editions import Candidate
from digest.core.models.papers import UPDATES, WITHDRAWALS, AnnouncementKind, Paper
from digest.store.database import schema
from digest.store.database.statements import AnyRow, counters, rows_in
from digest.store.papers import revisions

_NUMBERS = ("votes", "comments", "stars", "position")  # of a sighting


def last_seq(tx: Connection) -> int:
    """Returns the sequence number of the last announcement; 0 in an empty store."""
    return counters(tx)["announcement"]


def start_seq(tx: Connection) -> int:
    """Returns the sequence number after which a new subscription starts to read.

    A new reader gets the latest batch of each source that was collected within a day before the
    newest batch, and nothing older. Batches that announced nothing do not count.
    """
    batch, announcement = schema.batch, schema.announcement
    has_announced = batch.c.new + batch.c.listed + batch.c.revised + batch.c.withdrawn > 0
    newest = tx.execute(
        select(batch.c.collected_at).where(has_announced).order_by(batch.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return 0
    # Not grouped by the database, which would read all batches in the order of their sources.
    recent = select(batch.c.source, batch.c.id).where(
        has_announced, batch.c.collected_at >= newest - timedelta(days=1)
    )
    latest: dict[str, int] = {}
    for row in tx.execute(recent):
        # The first of the latest batches: a new reader gets the newest papers of every source.
        latest[row.source] = max(row.id, latest.get(row.source, 0))
    first_batch = min(latest.values())
    first_seq = tx.execute(
        select(func.min(announcement.c.seq)).where(announcement.c.batch_id == first_batch)
    ).scalar_one()
    return int(first_seq) - 1


def candidates(
    tx: Connection,
    *,
    after: int,
    upto: int,
    kinds: Collection[AnnouncementKind] | None = None,
    sources: Collection[str] | None = None,
) -> list[Candidate]:
    """Returns the papers that were announced in a range of the log.

    Each paper appears once, with its latest text, and with the votes, comments, stars and position
    of its newest sighting. A paper that is new in the range counts as new even if it was listed or
    revised later. A paper that was withdrawn or
    retracted last counts as that only.

    Args:
        tx: Transaction.
        after: Sequence number before the range, for example `Subscription.read_through`.
        upto: Last sequence number of the range, usually from `last_seq`.
        kinds: Only announcements of these kinds; None: all.
        sources: Only announcements of these sources; None: all.

    Returns:
        The candidates in the order of their last announcements.
    """
    table = schema.announcement
    log_range = select(table).where(table.c.seq > after, table.c.seq <= upto).order_by(table.c.seq)
    rows_by_paper: dict[int, list[AnyRow]] = {}
    for row in tx.execute(log_range):
        rows_by_paper.setdefault(row.paper_id, []).append(row)
    # For each paper: the announcement that decides its kind and source, its last one, and the news for
    # those who were sent it.
    chosen: list[tuple[AnyRow, AnyRow, AnnouncementKind | None]] = []
    for rows in rows_by_paper.values():
        last = rows[-1]
        matching = [
            row
            for row in ([last] if last.kind in WITHDRAWALS else rows)
            if (kinds is None or row.kind in kinds) and (sources is None or row.source in sources)
        ]
        if matching:
            updates = [row for row in matching if row.kind in UPDATES]
            others = [row for row in matching if row.kind not in UPDATES]
            new = (row for row in others if row.kind is AnnouncementKind.NEW)
            # A paper that became new and was revised since the last digest is new to the reader.
            decisive = next(new, others[-1]) if others else updates[-1]
            chosen.append((decisive, last, updates[-1].kind if updates else None))
    texts = revisions.by_id(tx, [last.revision_id for _, last, _ in chosen])
    sightings = _sightings(tx, [row.paper_id for row, _, _ in chosen])
    return [
        Candidate(
            paper_id=row.paper_id,
            revision_id=last.revision_id,
            seq=last.seq,
            kind=row.kind,
            source=row.source,
            paper=_with_sighting(texts[last.revision_id].paper, sightings.get(row.paper_id)),
            update=update,
        )
        for row, last, update in sorted(chosen, key=lambda item: item[1].seq)
    ]


def to_rank(
    tx: Connection,
    *,
    after: int,
    upto: int,
    kinds: Collection[AnnouncementKind] | None = None,
    sources: Collection[str] | None = None,
) -> list[Candidate]:
    """Returns what `candidates` does, without papers that are new to nobody.

    A withdrawn or retracted paper, and one that is only corrected or published, is of interest to those
    who were sent it; for them, use `candidates`.
    """
    found = candidates(tx, after=after, upto=upto, kinds=kinds, sources=sources)
    return [item for item in found if not item.is_only_update]


def newest_papers(tx: Connection, limit: int, *, upto: int | None = None) -> list[Candidate]:
    """Returns the newest papers, newest first.

    Args:
        tx: Transaction.
        limit: Maximum number of papers.
        upto: Only papers with at most this id; None: all.
    """
    table = schema.paper
    not_merged = select(table.c.id).where(table.c.merged_into.is_(None))
    if upto is not None:
        not_merged = not_merged.where(table.c.id <= upto)
    newest = not_merged.order_by(table.c.id.desc()).limit(limit)
    return papers_by_id(tx, tx.execute(newest).scalars().all())


def papers_by_id(tx: Connection, paper_ids: Collection[int]) -> list[Candidate]:
    """Returns papers in this order, with their latest texts and announcements."""
    table = schema.announcement
    latest = select(func.max(table.c.seq)).group_by(table.c.paper_id)
    seqs = [row[0] for row in rows_in(tx, latest, table.c.paper_id, paper_ids)]
    last_announced = {row.paper_id: row for row in rows_in(tx, select(table), table.c.seq, seqs)}
    texts = revisions.latest_by_paper(tx, paper_ids)
    sightings = _sightings(tx, paper_ids)
    papers: list[Candidate] = []
    for paper_id in paper_ids:
        text, last = texts[paper_id], last_announced.get(paper_id)
        papers.append(
            Candidate(
                paper_id=paper_id,
                revision_id=text.revision_id,
                seq=last.seq if last else 0,  # 0: the paper was never announced
                kind=last.kind if last else AnnouncementKind.NEW,
                source=last.source if last else text.source,
                paper=_with_sighting(text.paper, sightings.get(paper_id)),
            )
        )
    return papers


def papers_exist(tx: Connection, paper_ids: Collection[int]) -> bool:
    """Whether all these papers are stored, and none was merged into another one."""
    table = schema.paper
    found = select(table.c.id).where(table.c.id.in_(paper_ids), table.c.merged_into.is_(None))
    return len(tx.execute(found).all()) == len(set(paper_ids))


def _sightings(tx: Connection, paper_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Returns the newest known votes, comments, stars and position of each paper."""
    table = schema.sighting
    statement = select(table).order_by(table.c.batch_id)
    sightings: dict[int, dict[str, Any]] = {}
    for row in rows_in(tx, statement, table.c.paper_id, list(paper_ids)):
        values = {name: getattr(row, name) for name in _NUMBERS}
        newest = sightings.setdefault(row.paper_id, {})
        # A later source without these values must not erase them.
        newest.update((name, value) for name, value in values.items() if value is not None)
    return sightings


def _with_sighting(paper: Paper, sighting: dict[str, Any] | None) -> Paper:
    return replace(paper, **sighting) if sighting else paper
