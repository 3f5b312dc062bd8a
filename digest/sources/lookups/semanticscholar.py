"""Finds papers by Semantic Scholar's match of one title.

`/graph/v1/paper/search/match` returns the one paper that is nearest to a title, or 404
(https://api.semanticscholar.org/api-docs/graph). Without a key, all users share one limit, so that
429 is a usual answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.enrichment.search_link import search_text
from digest.sources.http.responses import FetchError
from digest.sources.lookups.common import answer
from digest.sources.lookups.title_lookup import TitleLookup
from digest.sources.records import semanticscholar as record
from digest.sources.records.values import member, objects

BASE = "https://api.semanticscholar.org"
INTERVAL = 1.1  # seconds between requests
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticScholarLookup(TitleLookup):
    """Asks Semantic Scholar for papers."""

    name: str = "semanticscholar"
    max_requests: int = 50  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        query = urlencode({"query": search_text(titles[0]), "fields": record.FIELDS})
        try:
            found, address = self.connection.fetch_json(
                f"/graph/v1/paper/search/match?{query}", seconds=seconds
            )
        except FetchError as error:
            if error.status == _NOT_FOUND:
                return LookupAnswer(papers=(), address=self.connection.base)
            raise
        return answer(map(record.paper, objects(member(found, "data"))), address)
