"""Finds papers by Crossref's bibliographic search.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/: with an address to write to, five
times more requests are allowed. Most works have no abstract. A title may be divided into title and
subtitle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.enrichment.search_link import search_text
from digest.sources.lookups.common import answer
from digest.sources.lookups.title_lookup import TitleLookup
from digest.sources.records import crossref as record
from digest.sources.records.values import member, objects

BASE = "https://api.crossref.org"
INTERVAL = 1.0  # seconds between requests
_RECORDS = 6
_FIELDS = "DOI,title,subtitle,author,abstract,issued,container-title,type"


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
        return answer(map(record.paper, items), address.partition("?")[0])
