"""Converts between papers and rows of `revision`: one row for each version of a text."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.store.database.column_types import clean
from digest.store.database.schema import paper, revision
from digest.store.database.statements import AnyRow, rows_in


class StoredRevision(Struct, frozen=True, kw_only=True):
    """A stored version of a paper."""

    revision_id: int
    paper_id: int
    number: int
    source: str  # where title and abstract come from
    contributor: str | None  # the source whose batch made the revision; None: not recorded
    authority: int  # priority of that source: `digest.core.identity.precedence.source_priority`
    paper: Paper  # without votes, comments, stars and position, which sightings have


def by_id(tx: Connection, revision_ids: Collection[int]) -> dict[int, StoredRevision]:
    """Returns the revisions with these ids, by id."""
    rows = rows_in(tx, select(revision), revision.c.id, revision_ids)
    return {row.id: _from_row(row) for row in rows}


def between(tx: Connection, first: int, end: int) -> dict[int, Paper]:
    """Returns the papers of the revisions with ids from `first` to before `end`, by revision id."""
    wanted = select(revision).where(revision.c.id >= first, revision.c.id < end)
    return {row.id: _from_row(row).paper for row in tx.execute(wanted)}


def latest_by_paper(tx: Connection, paper_ids: Collection[int]) -> dict[int, StoredRevision]:
    """Returns the newest revision of each paper, by paper id."""
    # The ids first, so that whole rows, with abstracts, are read only for the newest revisions.
    newest = select(func.max(revision.c.id)).group_by(revision.c.paper_id)
    ids = [row[0] for row in rows_in(tx, newest, revision.c.paper_id, paper_ids)]
    return {item.paper_id: item for item in by_id(tx, ids).values()}


def latest_texts(tx: Connection) -> Iterator[tuple[str, str]]:
    """Yields the title and the abstract of each paper whose abstract was not removed."""
    newest = (
        select(func.max(revision.c.id).label("id"))
        .join(paper, paper.c.id == revision.c.paper_id)
        .where(paper.c.merged_into.is_(None))
        .group_by(revision.c.paper_id)
        .subquery()
    )
    statement = (
        select(revision.c.title, revision.c.abstract)
        .join(newest, newest.c.id == revision.c.id)
        .where(revision.c.abstract != "")
    )
    for row in tx.execute(statement):
        yield row.title, row.abstract


def to_row(item: StoredRevision, *, now: datetime) -> dict[str, Any]:
    """Returns the values of the row for a new revision."""
    paper = item.paper
    return {
        "id": item.revision_id,
        "paper_id": item.paper_id,
        "number": item.number,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": paper.authors,
        "author_count": paper.author_count,
        "categories": paper.categories,
        "links": [(link.rel, link.url) for link in paper.links],
        "identifiers": [(name.scheme, name.value) for name in paper.identifiers],
        "published": paper.published,
        "updated": paper.updated,
        "version": paper.version,
        "summary": paper.summary,
        "keywords": paper.keywords,
        "venue": paper.venue,
        "connections": paper.connections,
        "abstract_from": paper.abstract_from,
        "source": item.source,
        "contributor": item.contributor,
        "authority": item.authority,
        "recorded_at": now,
    }


def stored_fields(paper: Paper) -> Paper:
    """Returns the paper as a revision stores it.

    It has no votes, comments, stars, position and notice, and its texts are cleaned as in the database.
    """
    return replace(
        paper,
        # PostgreSQL refuses NUL characters and lone surrogates in texts.
        title=clean(paper.title),
        abstract=clean(paper.abstract),
        authors=tuple(map(clean, paper.authors)),
        summary=clean(paper.summary),
        venue=clean(paper.venue),
        connections=tuple(map(clean, paper.connections)),
        votes=None,
        comments=None,
        stars=None,
        position=None,
        notice=None,
    )


def _from_row(row: AnyRow) -> StoredRevision:
    return StoredRevision(
        revision_id=row.id,
        paper_id=row.paper_id,
        number=row.number,
        source=row.source,
        contributor=row.contributor,
        authority=row.authority,
        paper=Paper(
            title=row.title,
            abstract=row.abstract,
            authors=tuple(row.authors),
            author_count=row.author_count,
            identifiers=tuple(Identifier(scheme=a, value=b) for a, b in row.identifiers),
            categories=tuple(row.categories),
            links=tuple(PaperLink(rel=rel, url=url) for rel, url in row.links),
            published=row.published,
            updated=row.updated,
            version=row.version,
            summary=row.summary,
            keywords=tuple(row.keywords),
            venue=row.venue,
            connections=tuple(row.connections),
            abstract_from=row.abstract_from,
        ),
    )
