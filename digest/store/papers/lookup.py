"""What is known of the papers of a batch, asked for in bulk."""

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

WINDOW = timedelta(days=30)  # a paper first seen within it may have been retitled ...
WINDOW_PAPERS = 10_000  # ... of at most so many, the newest: what a search costs is bounded


def known(tx: Connection, papers: Collection[Paper], *, now: datetime) -> dict[int, KnownPaper]:
    """The stored papers that these may be, by paper id: by identifier, title, or a near title.

    Near titles are looked for only among the latest papers, and only for those papers that
    are known by no name. In a write transaction the answer stays true until it ends: other
    collectors wait.
    """
    lock_batches(tx)
    keys = {title_key(paper.title): paper for paper in papers}
    called = {name for paper in papers for name in paper.identifiers}
    titled = _by_title(tx, keys)
    named = _by_identifier(tx, called)
    found = {paper_id for ids in titled.values() for paper_id in ids} | set(named.values())
    strangers = [
        paper
        for key, paper in keys.items()
        if key not in titled and named.keys().isdisjoint(paper.identifiers)
    ]
    if strangers:
        found |= _near(tx, [paper.title for paper in strangers], now=now)
    rivals = [paper_id for ids in titled.values() if len(ids) > 1 for paper_id in ids]
    return _described(tx, found, keys, called, rivals, now=now)


def _by_title(tx: Connection, keys: Iterable[str]) -> dict[str, set[int]]:
    stored = {clean(key): key for key in keys}
    papers: dict[str, set[int]] = {}
    table = schema.title
    for row in rows_in(tx, select(table), table.c.hash, {title_hash(key) for key in stored}):
        if row.key in stored:  # the hash finds candidates, the whole key decides
            papers.setdefault(stored[row.key], set()).add(row.paper_id)
    return papers


def _by_identifier(tx: Connection, called: Collection[Identifier]) -> dict[Identifier, int]:
    wanted = {(name.scheme, clean(name.value)): name for name in called}
    table = schema.identifier
    papers: dict[Identifier, int] = {}
    for scheme in {scheme for scheme, _ in wanted}:
        values = [value for of, value in wanted if of == scheme]
        statement = select(table).where(table.c.scheme == scheme)
        for row in rows_in(tx, statement, table.c.value, values):
            papers[wanted[scheme, row.value]] = row.paper_id
    return papers


def _near(tx: Connection, titles: Collection[str], *, now: datetime) -> set[int]:
    """The latest papers whose titles are near one of these."""
    paper, revision = schema.paper, schema.revision
    latest = (
        select(paper.c.id)
        .where(paper.c.first_seen_at > now - WINDOW, paper.c.merged_into.is_(None))
        .order_by(paper.c.id.desc())
        .limit(WINDOW_PAPERS)
        .subquery()
    )
    shown = select(revision.c.paper_id, revision.c.title).join(
        latest, revision.c.paper_id == latest.c.id
    )
    asked = TitleIndex(titles)
    for place, title in enumerate(titles):
        asked.add(place, title)
    return {paper_id for paper_id, title in tx.execute(shown) if asked.find(title)}


def _described(
    tx: Connection,
    paper_ids: Collection[int],
    keys: Iterable[str],
    called: Iterable[Identifier],
    rivals: Collection[int],
    *,
    now: datetime,
) -> dict[int, KnownPaper]:
    """All that a diff wants to know of these papers, names spelled as the batch does."""
    asked_keys = {clean(key): key for key in keys}
    asked_names = {(name.scheme, clean(name.value)): name for name in called}
    sources: dict[int, set[str]] = {paper_id: set() for paper_id in paper_ids}
    for row in _of(tx, schema.listing, paper_ids):
        sources[row.paper_id].add(row.source)
    titles: dict[int, set[str]] = {paper_id: set() for paper_id in paper_ids}
    for row in _of(tx, schema.title, paper_ids):
        titles[row.paper_id].add(asked_keys.get(row.key, row.key))
    identifiers: dict[int, set[Identifier]] = {paper_id: set() for paper_id in paper_ids}
    for row in _of(tx, schema.identifier, paper_ids):
        name = Identifier(scheme=row.scheme, value=row.value)
        identifiers[row.paper_id].add(asked_names.get((row.scheme, row.value), name))
    table = schema.revision
    columns = ("paper_id", "title", "abstract", "authors", "version", "updated")
    said = select(*(table.c[name] for name in columns)).order_by(table.c.id)
    texts = {row.paper_id: row for row in rows_in(tx, said, table.c.paper_id, paper_ids)}
    seen = schema.sighting.c
    last = select(seen.paper_id, func.max(seen.batch_id)).group_by(seen.paper_id)
    sighted = {row[0]: row[1] for row in rows_in(tx, last, seen.paper_id, rivals)}
    found: dict[int, KnownPaper] = {}
    for row in rows_in(tx, select(schema.paper), schema.paper.c.id, paper_ids):
        text = texts[row.id]
        key = title_key(text.title)
        found[row.id] = KnownPaper(
            paper_id=row.id,
            title_key=key,
            sources=frozenset(sources[row.id]),
            other_keys=frozenset(titles[row.id] - {key}),
            identifiers=frozenset(identifiers[row.id]),
            title=text.title,
            abstract=text.abstract,
            authors=tuple(text.authors),
            version=text.version,
            updated=text.updated,
            withdrawn=row.withdrawn_at is not None,
            recent=row.first_seen_at > now - WINDOW,
            sighted=sighted.get(row.id, 0),
        )
    return found


def _of(tx: Connection, table: Table, paper_ids: Collection[int]) -> Iterable[AnyRow]:
    return rows_in(tx, select(table), table.c.paper_id, paper_ids)
