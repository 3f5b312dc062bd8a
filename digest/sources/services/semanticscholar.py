"""The `semantic-scholar` source: the results of a search, or recommendations from liked papers.

https://api.semanticscholar.org/api-docs/: without a key, all users share one limit.
"""

from datetime import date
from urllib.parse import quote, urlencode

from msgspec import Struct

from digest.sources.records import semanticscholar
from digest.sources.services.json_answers import json_object, page_of
from digest.sources.services.paged import Page, with_query

_RECOMMENDED = 100  # papers for each liked paper


class SemanticScholarService(Struct, frozen=True, kw_only=True):
    """The papers of a query, or like some papers."""

    query: str = ""  # in the language of the bulk search
    likes: tuple[str, ...] = ()  # ids that the API knows, such as "ARXIV:2205.14135"
    interval: float = 1.1
    key: tuple[str, str] | None = None
    accept: str = "application/json"

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first page of each query."""
        fields = semanticscholar.FIELDS
        paths = [
            f"/recommendations/v1/papers/forpaper/{quote(name, safe=':')}?"
            + urlencode({"fields": fields, "limit": _RECOMMENDED, "from": "recent"})
            for name in self.likes
        ]
        if self.query:
            query = {
                "query": self.query,
                "fields": fields,
                "publicationDateOrYear": f"{since}:{today}",
            }
            paths.append(f"/graph/v1/paper/search/bulk?{urlencode(query)}")
        return tuple(paths)

    def parse(self, path: str, body: bytes) -> Page:
        """Parses a page.

        Raises:
            InputError: it is not an answer of this API.
        """
        answer = json_object(body)
        if "recommendedPapers" in answer:
            return page_of(answer["recommendedPapers"], semanticscholar.paper)
        token = answer.get("token")
        rows = answer.get("data")
        has_more = isinstance(token, str) and bool(token) and bool(rows)
        return page_of(
            rows,
            semanticscholar.paper,
            total=answer.get("total"),
            next_path=with_query(path, "token", str(token)) if has_more else None,
        )
