"""What a paper says, as rows: written once for each version, never changed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from digest.core.model import Identifier, Link, Paper
from digest.store.schema import revision
from digest.store.sql import AnyRow, rows_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A stored version of a paper."""

    revision_id: int
    paper_id: int
    number: int
    source: str  # that showed it
    paper: Paper  # without votes, comments and position, which are sightings


def of_ids(tx: Connection, revision_ids: Collection[int]) -> dict[int, Revision]:
    """The revisions by id."""
    found = rows_in(tx, select(revision), revision.c.id, revision_ids)
    return {row.id: _revision(row) for row in found}


def latest(tx: Connection, paper_ids: Collection[int]) -> dict[int, Revision]:
    """The newest revision of each paper, by paper id."""
    newest = select(func.max(revision.c.id)).group_by(revision.c.paper_id)
    ids = [row[0] for row in rows_in(tx, newest, revision.c.paper_id, paper_ids)]
    return {found.paper_id: found for found in of_ids(tx, ids).values()}


def row(item: Revision, *, now: datetime) -> dict[str, Any]:
    """The row of a new revision."""
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
        "source": item.source,
        "recorded_at": now,
    }


def timeless(paper: Paper) -> Paper:
    """The paper without what changes all day."""
    return replace(paper, votes=None, comments=None, position=None)


def completed(paper: Paper, other: Paper) -> Paper:
    """The paper, with what it lacks taken from another record of the same paper."""
    return replace(
        paper,
        abstract=paper.abstract or other.abstract,
        authors=paper.authors or other.authors,
        author_count=other.author_count if paper.author_count is None else paper.author_count,
        identifiers=tuple(dict.fromkeys(paper.identifiers + other.identifiers)),
        categories=paper.categories or other.categories,
        links=tuple(dict.fromkeys(paper.links + other.links)),
        published=paper.published or other.published,
        updated=paper.updated or other.updated,
    )


def _revision(row: AnyRow) -> Revision:
    return Revision(
        revision_id=row.id,
        paper_id=row.paper_id,
        number=row.number,
        source=row.source,
        paper=Paper(
            title=row.title,
            abstract=row.abstract,
            authors=tuple(row.authors),
            author_count=row.author_count,
            identifiers=tuple(Identifier(scheme=a, value=b) for a, b in row.identifiers),
            categories=tuple(row.categories),
            links=tuple(Link(rel=rel, url=url) for rel, url in row.links),
            published=row.published,
            updated=row.updated,
        ),
    )
