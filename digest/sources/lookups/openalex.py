"""Finds papers by OpenAlex's search for titles.

Each search costs a thousandth of a dollar of a daily budget, which a free key makes ten times larger
(https://developers.openalex.org/api-reference/authentication). Abstracts are inverted indexes: the
places of each word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.identity.title_words import title_words
from digest.core.text.display import display_text
from digest.sources.lookups.common import answer
from digest.sources.lookups.title_lookup import TitleLookup
from digest.sources.records import openalex as record
from digest.sources.records.values import member, objects

BASE = "https://api.openalex.org"
INTERVAL = 0.5  # seconds between requests
_RECORDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlexLookup(TitleLookup):
    """Asks OpenAlex for papers."""

    key: str | None = None  # the API takes it in the query alone
    name: str = "openalex"
    max_requests: int = 100  # in one run

    def _found(self, titles: Sequence[str], seconds: float) -> LookupAnswer:
        # Commas and bars divide filters, so only letters and digits are sent.
        words = " ".join(title_words(display_text(titles[0])))
        query = {"filter": f"title.search:{words}", "per_page": _RECORDS, "select": record.FIELDS}
        secret = {"api_key": self.key} if self.key else {}
        found, address = self.connection.fetch_json(
            f"/works?{urlencode(query | secret)}", seconds=seconds
        )
        return answer(
            map(record.paper, objects(member(found, "results"))), address.partition("?")[0]
        )
