"""Finds papers by Semantic Scholar's match of one title.

`/graph/v1/paper/search/match` returns the one paper that is nearest to a title, or 404
(https://api.semanticscholar.org/api-docs/graph). Without a key, all users share one limit, so that
429 is a usual answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from digest.core.batch_limits import MAX_VENUE
from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.enrichment.search_link import search_text
from digest.core.identity.name_parsing import author
from digest.core.models.papers import Paper
from digest.sources.http.responses import FetchError
from digest.sources.lookups.common import (
    abstract_text,
    answer,
    day,
    identified,
    line,
    member,
    objects,
    year_start,
)
from digest.sources.lookups.title_lookup import TitleLookup

BASE = "https://api.semanticscholar.org"
INTERVAL = 1.1  # seconds between requests
_FIELDS = "title,abstract,authors,year,publicationDate,externalIds,venue"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticScholarLookup(TitleLookup):
    """Asks Semantic Scholar for papers."""

    name: str = "semanticscholar"
    max_requests: int = 50  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        query = urlencode({"query": search_text(titles[0]), "fields": _FIELDS})
        try:
            found, address = self.connection.fetch_json(
                f"/graph/v1/paper/search/match?{query}", seconds=seconds
            )
        except FetchError as error:
            if error.status == _NOT_FOUND:
                return LookupAnswer(papers=(), address=self.connection.base)
            raise
        return answer(map(_paper, objects(member(found, "data"))), address)


def _paper(item: dict[str, Any]) -> Paper | None:
    title = line(item.get("title"))
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
    )
