"""Parses papers of Semantic Scholar (https://api.semanticscholar.org/api-docs/graph)."""

from typing import Any

from digest.core.batch_limits import MAX_VENUE
from digest.core.identity.name_parsing import author
from digest.core.models.papers import Paper
from digest.sources.records.texts.withdrawn_titles import withdrawn_title
from digest.sources.records.values import (
    abstract_text,
    day,
    identified,
    line,
    member,
    objects,
    year_start,
)

FIELDS = "title,abstract,authors,year,publicationDate,externalIds,venue"


def paper(item: dict[str, Any]) -> Paper | None:
    """Returns the paper; None if it has no title or no identifier."""
    title, kind = withdrawn_title(line(item.get("title")))
    identifiers, links = identified(
        arxiv_text=member(item, "externalIds", "ArXiv"),
        doi_text=member(item, "externalIds", "DOI"),
    )
    if not title or not identifiers:
        return None
    venue = line(item.get("venue"), limit=MAX_VENUE)
    return Paper(
        title=title,
        abstract=abstract_text(item.get("abstract")),
        authors=tuple(
            filter(None, (author(line(who.get("name"))) for who in objects(item.get("authors"))))
        ),
        identifiers=identifiers,
        links=links,
        published=day(item.get("publicationDate")) or year_start(item.get("year")),
        venue="" if venue.casefold().startswith("arxiv") else venue,
        notice=kind,
    )
