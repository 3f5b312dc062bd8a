"""The `pubmed` source: the results of a saved query.

`esearch` gives the numbers of the articles, `efetch` their records
(https://www.ncbi.nlm.nih.gov/books/NBK25499/). PubMed allows 3 requests in a second, and 10 with a key.
"""

from datetime import date
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from digest.core.models.batches import Rejection
from digest.errors import InputError
from digest.sources.records import pubmed
from digest.sources.records.values import member
from digest.sources.services.json_answers import json_object
from digest.sources.services.paged import Page

_ROWS = 200
_MAX_FOUND = 9_999  # articles of one query that esearch gives
_SEARCH, _FETCH = "/entrez/eutils/esearch.fcgi", "/entrez/eutils/efetch.fcgi"


class PubmedService(Struct, frozen=True, kw_only=True):
    """The articles that a query finds, by the day on which they entered PubMed."""

    term: str
    contact: str = ""  # an e-mail address, or empty
    secret: str | None = None  # the API takes its key in the query alone
    interval: float = 0.4
    key: tuple[str, str] | None = None
    accept: str = ""

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first search."""
        return (self._search(since, today, 0),)

    def parse(self, path: str, body: bytes) -> Page:
        """Parses the numbers of articles, or their records.

        Raises:
            InputError: it is not an answer of this API.
        """
        query = dict(parse_qsl(path.partition("?")[2]))
        if not path.startswith(_FETCH):
            return self._found(query, body)
        papers, rejected, rows = [], [], 0
        for article in pubmed.articles(body):
            rows += 1
            found = pubmed.paper(article)
            papers += [found] if found else []
        # efetch leaves out articles that were removed since the search.
        asked = query.get("id", "").count(",") + 1
        if rows < asked:
            rejected.append(Rejection(reason=f"PubMed gave {rows} of {asked} articles"))
        start, total = int(query["start"]) + asked, int(query["total"])
        has_more = start < min(total, _MAX_FOUND)
        since, today = (date.fromisoformat(query[name]) for name in ("since", "today"))
        return Page(
            papers=tuple(papers),
            rejected=tuple(rejected),
            rows=asked,
            total=total,
            next_path=self._search(since, today, start) if has_more else None,
        )

    def _search(self, since: date, today: date, start: int) -> str:
        query = {
            "db": "pubmed",
            "term": self.term,
            "datetype": "edat",
            "mindate": f"{since:%Y/%m/%d}",
            "maxdate": f"{today:%Y/%m/%d}",
            "retmode": "json",
            "retmax": _ROWS,
            "retstart": start,
        }
        return f"{_SEARCH}?{urlencode(query | self._identity())}"

    def _found(self, query: dict[str, str], body: bytes) -> Page:
        answer = json_object(body)
        result = answer.get("esearchresult")
        numbers, count = member(result, "idlist"), str(member(result, "count"))
        if reason := member(result, "ERROR") or member(result, "error"):
            raise InputError(f"PubMed answers with an error: {str(reason)[:200]}")
        if not isinstance(numbers, list) or not count.isdigit():
            raise InputError("the answer has no list of articles")
        ids = [number for number in numbers if isinstance(number, str) and number.isdigit()]
        if not ids:
            return Page(papers=(), total=None)
        # What the next search needs goes along; PubMed ignores parameters that it does not know.
        fetch = {
            "db": "pubmed",
            "id": ",".join(ids),
            "retmode": "xml",
            "start": query.get("retstart", "0"),
            "total": count,
            "since": query.get("mindate", "").replace("/", "-"),
            "today": query.get("maxdate", "").replace("/", "-"),
        }
        return Page(papers=(), next_path=f"{_FETCH}?{urlencode(fetch | self._identity())}")

    def _identity(self) -> dict[str, str]:
        contact = {"tool": "paper-digest", "email": self.contact} if "@" in self.contact else {}
        return contact | ({"api_key": self.secret} if self.secret else {})
