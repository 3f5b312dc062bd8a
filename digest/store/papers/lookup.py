"""Finds the stored papers that the papers of a batch may be, with few queries."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, func, select

from digest.core.identity.identifiers import title_hash, title_key
from digest.core.identity.similarity import TitleIndex
from digest.core.models.matching import KnownPaper
from digest.core.models.papers import Identifier, Paper
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.database.statements import AnyRow, lock_batches, rows_in

# Similar titles are searched only among papers that are at most this old, and only among this
# many of the newest, so that the cost of a search is bounded.
SIMILARITY_WINDOW = timedelta(days=30)
SIMILARITY_WINDOW_PAPERS = 10_000


def find_known_papers(
    tx: Connection, papers: Collection[Paper], *, now: datetime
) -> dict[int, KnownPaper]:
    """Returns the stored papers that the given papers may be, by paper id.

    They are found by identifier, by title, or by a similar title. Similar titles are searched
    only among the latest papers, and only for papers that have no known identifier or title. In
    a write transaction, other collectors wait until it ends, so the result stays valid.

    Args:
        tx: Transaction.
        papers: Papers of a batch.
        now: Current time.
    """
    # Locked before the first query: a paper that another process stores now would be stored twice.
    lock_batches(tx)
    keys = {title_key(paper.title): paper for paper in papers}
    identifiers = {name for paper in papers for name in paper.identifiers}
    by_title = _by_title(tx, keys)
    by_identifier = _by_identifier(tx, identifiers)
    paper_ids = {paper_id for ids in by_title.values() for paper_id in ids}
    paper_ids |= set(by_identifier.values())
    unknown = [
        paper
        for key, paper in keys.items()
        if key not in by_title and by_identifier.keys().isdisjoint(paper.identifiers)
    ]
    # Similar titles are searched last, because it reads the titles of a month.
    if unknown:
        paper_ids |= _by_similar_title(tx, [paper.title for paper in unknown], now=now)
    # Papers that share a title: the one that was seen last is preferred.
    same_title = [paper_id for ids in by_title.values() if len(ids) > 1 for paper_id in ids]
    return _known_papers(tx, paper_ids, keys, identifiers, same_title, now=now)


def _by_title(tx: Connection, keys: Iterable[str]) -> dict[str, set[int]]:
    stored = {clean(key): key for key in keys}
    papers: dict[str, set[int]] = {}
    table = schema.title
    for row in rows_in(tx, select(table), table.c.hash, {title_hash(key) for key in stored}):
        if row.key in stored:  # different titles may have the same hash
            papers.setdefault(stored[row.key], set()).add(row.paper_id)
    return papers


def _by_identifier(tx: Connection, identifiers: Collection[Identifier]) -> dict[Identifier, int]:
    # The database stores cleaned values; the result has the identifiers as given.
    by_stored = {(name.scheme, clean(name.value)): name for name in identifiers}
    table = schema.identifier
    papers: dict[Identifier, int] = {}
    for scheme in {scheme for scheme, _ in by_stored}:
        values = [value for value_scheme, value in by_stored if value_scheme == scheme]
        statement = select(table).where(table.c.scheme == scheme)
        for row in rows_in(tx, statement, table.c.value, values):
            papers[by_stored[scheme, row.value]] = row.paper_id
    return papers


def _by_similar_title(tx: Connection, titles: Collection[str], *, now: datetime) -> set[int]:
    """Returns the ids of the latest papers that have a title similar to one of these."""
    paper, revision = schema.paper, schema.revision
    latest = (
        select(paper.c.id)
        .where(paper.c.first_seen_at > now - SIMILARITY_WINDOW, paper.c.merged_into.is_(None))
        .order_by(paper.c.first_seen_at.desc(), paper.c.id.desc())  # as the index has them
        .limit(SIMILARITY_WINDOW_PAPERS)
        .subquery()
    )
    stored_titles = select(revision.c.paper_id, revision.c.title).join(
        latest, revision.c.paper_id == latest.c.id
    )
    index = TitleIndex(titles)
    for place, title in enumerate(titles):
        index.add(place, title)
    return {paper_id for paper_id, title in tx.execute(stored_titles) if index.find(title)}


def _known_papers(
    tx: Connection,
    paper_ids: Collection[int],
    keys: Iterable[str],
    identifiers: Iterable[Identifier],
    same_title: Collection[int],
    *,
    now: datetime,
) -> dict[int, KnownPaper]:
    """Returns everything that a diff needs about these papers.

    Title keys and identifiers have the spelling of the batch, which may differ from the cleaned
    spelling in the database.
    """
    batch_keys = {clean(key): key for key in keys}
    batch_identifiers = {(name.scheme, clean(name.value)): name for name in identifiers}
    sources: dict[int, set[str]] = {paper_id: set() for paper_id in paper_ids}
    for row in _rows_of(tx, schema.listing, paper_ids):
        sources[row.paper_id].add(row.source)
    titles: dict[int, set[str]] = {paper_id: set() for paper_id in paper_ids}
    for row in _rows_of(tx, schema.title, paper_ids):
        titles[row.paper_id].add(batch_keys.get(row.key, row.key))
    paper_identifiers: dict[int, set[Identifier]] = {paper_id: set() for paper_id in paper_ids}
    for row in _rows_of(tx, schema.identifier, paper_ids):
        name = Identifier(scheme=row.scheme, value=row.value)
        paper_identifiers[row.paper_id].add(batch_identifiers.get((row.scheme, row.value), name))
    table = schema.revision
    columns = (
        *("paper_id", "title", "abstract", "authors", "version", "updated", "published"),
        *("source", "authority"),
    )
    # In the order of their ids, so that the latest revision of each paper is the one that stays.
    revisions = select(*(table.c[name] for name in columns)).order_by(table.c.id)
    texts = {row.paper_id: row for row in rows_in(tx, revisions, table.c.paper_id, paper_ids)}
    sighting = schema.sighting.c
    last = select(sighting.paper_id, func.max(sighting.batch_id)).group_by(sighting.paper_id)
    sighted = {row[0]: row[1] for row in rows_in(tx, last, sighting.paper_id, same_title)}
    known_papers: dict[int, KnownPaper] = {}
    for row in rows_in(tx, select(schema.paper), schema.paper.c.id, paper_ids):
        text = texts[row.id]
        key = title_key(text.title)
        known_papers[row.id] = KnownPaper(
            paper_id=row.id,
            title_key=key,
            sources=frozenset(sources[row.id]),
            other_keys=frozenset(titles[row.id] - {key}),
            identifiers=frozenset(paper_identifiers[row.id]),
            title=text.title,
            abstract=text.abstract,
            authors=tuple(text.authors),
            version=text.version,
            updated=text.updated,
            published=text.published,
            held_by=text.source,
            held_with=text.authority,
            withdrawn=row.withdrawn_at is not None,
            recent=row.first_seen_at > now - SIMILARITY_WINDOW,
            sighted=sighted.get(row.id, 0),
        )
    return known_papers


def _rows_of(tx: Connection, table: Table, paper_ids: Collection[int]) -> Iterable[AnyRow]:
    return rows_in(tx, select(table), table.c.paper_id, paper_ids)
