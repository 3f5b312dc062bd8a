"""Finds papers by the search of Hugging Face papers.

`/api/papers/search?q=` returns a list of items in the form of the Daily Papers API
(https://huggingface.co/docs/hub/api, docs/formats.md). A query has at most 250 characters. The site
allows 500 requests in 5 minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.enrichment.search_link import search_text
from digest.sources.daily_papers import api_json
from digest.sources.lookups.common import answer
from digest.sources.lookups.title_lookup import TitleLookup

BASE = "https://huggingface.co"
INTERVAL = 0.7  # seconds between requests: below 500 in 5 minutes
_RECORDS = 10
_NO_DAY = datetime(1970, 1, 1, tzinfo=UTC)  # the list of a day has one, an answer to a search none


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceLookup(TitleLookup):
    """Asks Hugging Face for papers."""

    name: str = "huggingface"
    max_requests: int = 200  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        query = urlencode({"q": search_text(titles[0]), "limit": _RECORDS})
        response = self.connection.fetch(
            f"/api/papers/search?{query}", seconds=seconds, accept="application/json"
        )
        batch = api_json.parse(
            response.body,
            source=self.name,
            origin=self.connection.base,
            now=_NO_DAY,
            announced=_NO_DAY.date(),
        )
        return answer(iter(batch.papers), response.url)
