"""The announcement log, and the papers that a digest may show because of it."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from digest.core.identity.identifiers import title_hash
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.text.paper_ids import arxiv_id, doi
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.database.statements import AnyRow, counters, rows_in
from digest.store.papers import revisions

FOUND_AT_MOST = 5


def head(tx: Connection) -> int:
    """The sequence number of the last announcement; 0 in an empty store."""
    return counters(tx)["announcement"]


def beginning(tx: Connection) -> int:
    """Where a new subscription starts, as a sequence number: before the latest news.

    That is just before the first announcement of each source's latest announcing batch, of
    those collected within a day before the newest one: never the whole history.
    """
    batch, announcement = schema.batch, schema.announcement
    announcing = batch.c.new + batch.c.listed + batch.c.revised + batch.c.withdrawn > 0
    newest = tx.execute(
        select(batch.c.collected_at).where(announcing).order_by(batch.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return 0
    latest = tx.execute(
        select(func.max(batch.c.id))
        .where(announcing, batch.c.collected_at >= newest - timedelta(days=1))
        .group_by(batch.c.source)
    ).scalars()
    first_batch = min(latest)
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
    """The papers announced after one sequence number and up to another, in the log's order.

    Each paper once, as its latest text says. A new paper stays new if it was listed or revised
    since; one withdrawn since is that alone. Votes and the like are of its newest sighting.

    Args:
        tx: the transaction.
        after: the sequence number read through.
        upto: the last one to read, from `head`.
        kinds: only announcements of these kinds; None: all.
        sources: only announcements by these sources; None: all.
    """
    table = schema.announcement
    span = select(table).where(table.c.seq > after, table.c.seq <= upto).order_by(table.c.seq)
    log: dict[int, list[AnyRow]] = {}
    for row in tx.execute(span):
        log.setdefault(row.paper_id, []).append(row)
    chosen: list[tuple[AnyRow, AnyRow]] = []
    for rows in log.values():
        last = rows[-1]
        wanted = [
            row
            for row in ([last] if last.kind is AnnouncementKind.WITHDRAWN else rows)
            if (kinds is None or row.kind in kinds) and (sources is None or row.source in sources)
        ]
        if wanted:
            new = (row for row in wanted if row.kind is AnnouncementKind.NEW)
            chosen.append((next(new, wanted[-1]), last))
    texts = revisions.of_ids(tx, [last.revision_id for _, last in chosen])
    seen = _sightings(tx, [row.paper_id for row, _ in chosen])
    return [
        Candidate(
            paper_id=row.paper_id,
            revision_id=last.revision_id,
            seq=last.seq,
            kind=row.kind,
            source=row.source,
            paper=_as_seen(texts[last.revision_id].paper, seen.get(row.paper_id)),
        )
        for row, last in sorted(chosen, key=lambda pair: pair[1].seq)
    ]


def recent(tx: Connection, limit: int, *, upto: int | None = None) -> list[Candidate]:
    """The newest papers, the latest first; with `upto`, as of when that was the newest one."""
    table = schema.paper
    whole = select(table.c.id).where(table.c.merged_into.is_(None))
    if upto is not None:
        whole = whole.where(table.c.id <= upto)
    newest = whole.order_by(table.c.id.desc()).limit(limit)
    return _described(tx, tx.execute(newest).scalars().all())


def find(tx: Connection, ref: str, *, title_key: str | None = None) -> list[Candidate]:
    """The papers that a person may mean, at most five.

    Args:
        tx: the transaction.
        ref: a paper's number here, `scheme:value`, an arXiv id with or without version, or
            part of a title.
        title_key: the key of `ref` read as a whole title.
    """
    ref = clean(ref).strip()
    if not ref:
        return []
    found = _by_number(tx, ref) or _by_identifier(tx, ref)
    found = found or _by_title_key(tx, title_key) or _by_part_of_title(tx, ref)
    return _described(tx, found)


def _by_number(tx: Connection, ref: str) -> list[int]:
    if not (ref.isascii() and ref.isdigit() and len(ref) <= 18):  # fits in 64 bits
        return []
    table = schema.paper
    survivor = func.coalesce(table.c.merged_into, table.c.id)
    return list(tx.execute(select(survivor).where(table.c.id == int(ref))).scalars())


def _by_identifier(tx: Connection, ref: str) -> list[int]:
    if arxiv := arxiv_id(ref):
        scheme, value = "arxiv", arxiv[0]
    elif registered := doi(ref):
        scheme, value = "doi", registered
    else:
        scheme, _, value = (part.strip() for part in ref.partition(":"))
    table = schema.identifier
    same = select(table.c.paper_id).where(
        table.c.scheme == scheme.lower(), table.c.value.in_({value, value.lower()})
    )
    return list(tx.execute(same).scalars())


def _by_title_key(tx: Connection, key: str | None) -> list[int]:
    if not key:
        return []
    table = schema.title
    same = select(table.c.paper_id).where(
        table.c.hash == title_hash(clean(key)), table.c.key == clean(key)
    )
    return list(tx.execute(same.order_by(table.c.paper_id).limit(FOUND_AT_MOST)).scalars())


def _by_part_of_title(tx: Connection, part: str) -> list[int]:
    table, paper = schema.revision, schema.paper
    survivor = func.coalesce(paper.c.merged_into, paper.c.id)
    like = (
        select(survivor)
        .join_from(table, paper, table.c.paper_id == paper.c.id)
        .where(table.c.title.icontains(part, autoescape=True))
    )
    newest = like.distinct().order_by(survivor.desc()).limit(FOUND_AT_MOST)
    return list(tx.execute(newest).scalars())


def _described(tx: Connection, paper_ids: Collection[int]) -> list[Candidate]:
    """Papers by id, in this order, as their latest text and announcement say."""
    table = schema.announcement
    latest = select(func.max(table.c.seq)).group_by(table.c.paper_id)
    seqs = [row[0] for row in rows_in(tx, latest, table.c.paper_id, paper_ids)]
    news = {row.paper_id: row for row in rows_in(tx, select(table), table.c.seq, seqs)}
    texts = revisions.latest(tx, paper_ids)
    seen = _sightings(tx, paper_ids)
    found: list[Candidate] = []
    for paper_id in paper_ids:
        text, last = texts[paper_id], news.get(paper_id)
        found.append(
            Candidate(
                paper_id=paper_id,
                revision_id=text.revision_id,
                seq=last.seq if last else 0,  # recorded, but never announced
                kind=last.kind if last else AnnouncementKind.NEW,
                source=last.source if last else text.source,
                paper=_as_seen(text.paper, seen.get(paper_id)),
            )
        )
    return found


def _sightings(tx: Connection, paper_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """By paper: its newest votes, comments and position; a source without them erases none."""
    table = schema.sighting
    statement = select(table).order_by(table.c.batch_id)
    seen: dict[int, dict[str, Any]] = {}
    for row in rows_in(tx, statement, table.c.paper_id, list(paper_ids)):
        said = {"votes": row.votes, "comments": row.comments, "position": row.position}
        newest = seen.setdefault(row.paper_id, {})
        newest.update((name, value) for name, value in said.items() if value is not None)
    return seen


def _as_seen(paper: Paper, sighting: dict[str, Any] | None) -> Paper:
    return replace(paper, **sighting) if sighting else paper
