"""The `crossref` source: the works of journals, by the day on which Crossref indexed them.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/: with an address to write to, more
requests are allowed. Cursors end with an empty page.
"""

from datetime import date
from urllib.parse import urlencode

from msgspec import Struct

from digest.sources.records import crossref
from digest.sources.records.values import member
from digest.sources.services.json_answers import json_object, page_of
from digest.sources.services.paged import Page, with_query

_ROWS = 200


class CrossrefService(Struct, frozen=True, kw_only=True):
    """The works of some journals."""

    issns: tuple[str, ...]
    by: str = "index"  # the date of the filter: "index" or "created"
    contact: str = ""  # an e-mail address, or empty
    interval: float = 1.0
    key: tuple[str, str] | None = None
    accept: str = "application/json"

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first page."""
        journals = [f"issn:{issn}" for issn in self.issns]
        days = [f"from-{self.by}-date:{since}", f"until-{self.by}-date:{today}"]
        query = {"filter": ",".join([*journals, *days]), "rows": _ROWS, "cursor": "*"}
        contact = {"mailto": self.contact} if "@" in self.contact else {}
        return (f"/works?{urlencode(query | contact)}",)

    def parse(self, path: str, body: bytes) -> Page:
        """Parses a page.

        Raises:
            InputError: it is not an answer of this API.
        """
        message = json_object(body).get("message")
        rows = member(message, "items")
        cursor = member(message, "next-cursor")
        has_more = isinstance(cursor, str) and isinstance(rows, list) and len(rows) == _ROWS
        return page_of(
            rows,
            crossref.paper,
            total=member(message, "total-results"),
            next_path=with_query(path, "cursor", cursor) if has_more else None,
        )
