"""The `openalex` source: the works of a topic, a journal, an institution or an author.

https://developers.openalex.org/: each request costs a part of a daily budget, which a key makes larger.
Works are found by their day of publication, and indexed days later.
"""

from datetime import date
from urllib.parse import urlencode

from msgspec import Struct

from digest.sources.records import openalex
from digest.sources.records.values import member
from digest.sources.services.json_answers import json_object, page_of
from digest.sources.services.paged import Page, with_query

_ROWS = 200


class OpenAlexService(Struct, frozen=True, kw_only=True):
    """The works that a filter finds."""

    filter: str  # in the language of the API, without dates
    secret: str | None = None  # the API takes its key in the query alone
    interval: float = 0.5
    key: tuple[str, str] | None = None
    accept: str = "application/json"

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first page."""
        days = f"from_publication_date:{since},to_publication_date:{today}"
        query = {
            "filter": f"{self.filter},{days}",
            "per_page": _ROWS,
            "cursor": "*",
            "select": openalex.FIELDS,
        }
        secret = {"api_key": self.secret} if self.secret else {}
        return (f"/works?{urlencode(query | secret)}",)

    def parse(self, path: str, body: bytes) -> Page:
        """Parses a page.

        Raises:
            InputError: it is not an answer of this API.
        """
        answer = json_object(body)
        cursor = member(answer, "meta", "next_cursor")
        rows = answer.get("results")
        has_more = isinstance(cursor, str) and bool(rows)
        return page_of(
            rows,
            openalex.paper,
            total=member(answer, "meta", "count"),
            next_path=with_query(path, "cursor", cursor) if has_more else None,
        )
