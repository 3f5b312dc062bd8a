"""Finds papers by Crossref's bibliographic search.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/: with an address to write to, five
times more requests are allowed. Most works have no abstract. A title may be divided into title and
subtitle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.core.batch_limits import MAX_VENUE
from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.enrichment.search_link import search_text
from digest.core.identity.name_parsing import author
from digest.core.models.papers import Paper
from digest.sources.lookups.common import (
    abstract_text,
    answer,
    identified,
    line,
    member,
    objects,
    year_start,
)
from digest.sources.lookups.title_lookup import TitleLookup

BASE = "https://api.crossref.org"
INTERVAL = 1.0  # seconds between requests
_RECORDS = 6
_FIELDS = "DOI,title,subtitle,author,abstract,issued,container-title,type"
# Kinds of works that are papers; others are chapters of reference works, data sets, reviews ...
_PAPERS = ("journal-article", "proceedings-article", "posted-content", "report", "dissertation")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossrefLookup(TitleLookup):
    """Asks Crossref for papers."""

    contact: str = ""  # an e-mail address, or empty
    name: str = "crossref"
    max_requests: int = 50  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        query = {
            "query.bibliographic": search_text(titles[0]),
            "rows": _RECORDS,
            "select": _FIELDS,
        }
        contact = {"mailto": self.contact} if "@" in self.contact else {}
        found, address = self.connection.fetch_json(
            f"/works?{urlencode(query | contact)}", seconds=seconds
        )
        items = objects(member(found, "message", "items"))
        return answer(map(_work, items), address.partition("?")[0])


def _work(item: dict[str, Any]) -> Paper | None:
    title, subtitle = (line(_first(item.get(name))) for name in ("title", "subtitle"))
    identifiers, links = identified(doi_text=item.get("DOI"))
    if not title or not identifiers or item.get("type") not in _PAPERS:
        return None
    # Some works repeat the subtitle in the title.
    whole = f"{title}: {subtitle}" if subtitle and subtitle not in title else title
    return Paper(
        title=whole,
        abstract=abstract_text(item.get("abstract"), jats=True),
        authors=tuple(filter(None, map(_name, objects(item.get("author"))))),
        identifiers=identifiers,
        links=links,
        published=_issued(member(item, "issued", "date-parts")),
        venue=line(_first(item.get("container-title")), limit=MAX_VENUE),
    )


def _name(person: dict[str, Any]) -> str:
    given, family, group = (line(person.get(name)) for name in ("given", "family", "name"))
    return author(f"{given} {family}".strip() or group)


def _issued(value: Any) -> date | None:
    """Returns the day of `[[2026, 5, 4]]`, `[[2026, 5]]` or `[[2026]]`; None for anything else."""
    parts = _first(value)
    if not isinstance(parts, list) or year_start(_first(parts)) is None:
        return None
    month, day = (
        part if isinstance(part, int) and 1 <= part <= 31 else 1 for part in (*parts[1:3], 1, 1)[:2]
    )
    try:
        return date(parts[0], month, day)
    except ValueError:
        return year_start(parts[0])


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None
