"""A stand-in for the services that find papers, on loopback, over papers in memory.

Each path answers in the form of its API. As the real ones do, a search returns what is most similar
(by the rarest words of the titles), also if the paper that was asked for is not known.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import log
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from digest.core.identity.title_words import title_words
from digest.core.models.papers import Identifier, Paper
from digest.core.text.display import display_text

_SEARCHED_WORDS = 8  # the rarest of a query
_ARXIV, _CROSSREF, _OPENALEX = "/api/query", "crossref", "openalex"


class TitleSearch:
    """Finds the papers whose titles share the rarest words with a query.

    Args:
        papers: the papers that the service knows.
    """

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = papers
        self._words = [frozenset(title_words(display_text(paper.title))) for paper in papers]
        self._postings: dict[str, list[int]] = defaultdict(list)
        for place, words in enumerate(self._words):
            for word in words:
                self._postings[word].append(place)

    def find(self, title: str, *, most: int, hidden: frozenset[int] = frozenset()) -> list[Paper]:
        """Returns the most similar papers, the best first.

        Args:
            title: the query.
            most: how many.
            hidden: places of papers that the service does not know.
        """
        known = (self._postings[word] for word in title_words(title) if word in self._postings)
        scores: dict[int, float] = defaultdict(float)
        for places in sorted(known, key=len)[:_SEARCHED_WORDS]:
            weight = log(1 + len(self.papers) / len(places))
            for place in places:
                scores[place] += weight
        best = sorted(
            (place for place in scores if place not in hidden),
            key=lambda place: (-scores[place] / (1 + len(self._words[place])) ** 0.5, place),
        )
        return [self.papers[place] for place in best[:most]]


class LookupServer(ThreadingHTTPServer):
    """Answers the requests of all services, each over the papers that it knows."""

    def __init__(self, known: Mapping[str, TitleSearch]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known = known
        self.requests: Counter[str] = Counter()
        # The title that is being asked for, if its paper must not be found.
        self.hidden: dict[str, frozenset[int]] = {}

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_port}"

    def find(self, service: str, title: str, most: int) -> list[Paper]:
        """Searches the papers of a service."""
        search = self.known.get(service)
        if search is None:
            return []
        return search.find(title, most=most, hidden=self.hidden.get(service, frozenset()))


class _Handler(BaseHTTPRequestHandler):
    server: LookupServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        service = _service(parts.path, query)
        self.server.requests[service] += 1
        status, body, kind = _ANSWERS[service](self.server, query)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Writes no log."""


@contextmanager
def serve(known: Mapping[str, TitleSearch]) -> Iterator[LookupServer]:
    """Runs the server while the context is open.

    Args:
        known: the papers of each service, by its name in the settings.
    """
    with LookupServer(known) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _service(path: str, query: Mapping[str, str]) -> str:
    if path == _ARXIV:
        return "arxiv"
    if path.startswith("/api/papers/"):
        return "huggingface"
    if path.startswith("/graph/"):
        return "semanticscholar"
    return _OPENALEX if "filter" in query else _CROSSREF


def _huggingface(server: LookupServer, query: Mapping[str, str]) -> tuple[int, bytes, str]:
    items = [
        {
            "paper": {
                "id": _value(paper, "arxiv"),
                "authors": [{"name": name, "hidden": False} for name in paper.authors],
                "publishedAt": f"{paper.published}T00:00:00.000Z",
                "title": paper.title,
                "summary": paper.abstract,
                "upvotes": paper.votes or 0,
                "githubRepo": paper.link("code"),
                "projectPage": paper.link("project"),
            },
            "title": paper.title,
            "summary": paper.abstract,
            "numComments": paper.comments or 0,
        }
        for paper in server.find("huggingface", query["q"], int(query["limit"]))
    ]
    return _json(items)


def _arxiv(server: LookupServer, query: Mapping[str, str]) -> tuple[int, bytes, str]:
    papers: list[Paper] = []
    if "id_list" in query:
        wanted = query["id_list"].split(",")
        known = server.known["arxiv"].papers
        papers = [paper for paper in known if _value(paper, "arxiv") in wanted]
    else:
        for phrase in query["search_query"].split(" OR "):
            papers += server.find("arxiv", phrase.removeprefix("ti:").strip('"'), 8)
    entries = "".join(map(_entry, dict.fromkeys(papers)))
    total = len(papers)
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"><title>arXiv Query</title>'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>0</opensearch:startIndex>{entries}</feed>"
    )
    return 200, feed.encode(), "application/atom+xml"


def _entry(paper: Paper) -> str:
    number = _value(paper, "arxiv")
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors)
    terms = "".join(f'<category term="{escape(name)}"/>' for name in paper.categories)
    return (
        f"<entry><id>http://arxiv.org/abs/{number}v1</id><title>{escape(paper.title)}</title>"
        f"<published>{paper.published or date(2026, 1, 1)}T00:00:00Z</published>"
        f"<summary>{escape(paper.abstract)}</summary>{authors}{terms}</entry>"
    )


def _openalex(server: LookupServer, query: Mapping[str, str]) -> tuple[int, bytes, str]:
    title = query["filter"].partition(":")[2]
    works = [
        {
            "doi": _doi_address(paper),
            "title": paper.title,
            "publication_date": str(paper.published),
            "authorships": [{"author": {"display_name": name}} for name in paper.authors],
            "abstract_inverted_index": _inverted(paper.abstract) or None,
            "primary_location": {"landing_page_url": paper.link("abstract"), "source": None},
            "locations": [],
        }
        for paper in server.find(_OPENALEX, title, int(query["per_page"]))
    ]
    return _json({"meta": {"count": len(works)}, "results": works})


def _crossref(server: LookupServer, query: Mapping[str, str]) -> tuple[int, bytes, str]:
    found = server.find(_CROSSREF, query["query.bibliographic"], int(query["rows"]))
    items = [
        {
            "DOI": _value(paper, "doi"),
            "type": "journal-article",
            "title": [paper.title],
            "author": [{"name": name} for name in paper.authors],
            "issued": {"date-parts": [_parts(paper.published)]},
            "abstract": f"<jats:p>{escape(paper.abstract)}</jats:p>" if paper.abstract else None,
        }
        for paper in found
    ]
    return _json({"status": "ok", "message": {"items": items}})


def _semanticscholar(server: LookupServer, query: Mapping[str, str]) -> tuple[int, bytes, str]:
    found = server.find("semanticscholar", query["query"], 1)
    if not found:
        return 404, b'{"error":"Title match not found"}', "application/json"
    data = [
        {
            "title": paper.title,
            "abstract": paper.abstract or None,
            "authors": [{"name": name} for name in paper.authors],
            "year": paper.published.year if paper.published else None,
            "publicationDate": str(paper.published) if paper.published else None,
            "externalIds": {"ArXiv": _value(paper, "arxiv"), "DOI": _value(paper, "doi")},
            "venue": "",
        }
        for paper in found
    ]
    return _json({"data": data})


_ANSWERS = {
    "huggingface": _huggingface,
    "arxiv": _arxiv,
    _OPENALEX: _openalex,
    _CROSSREF: _crossref,
    "semanticscholar": _semanticscholar,
}


def _json(value: Any) -> tuple[int, bytes, str]:
    return 200, json.dumps(value).encode(), "application/json"


def _value(paper: Paper, scheme: str) -> str | None:
    return next((name.value for name in paper.identifiers if name.scheme == scheme), None)


def _doi_address(paper: Paper) -> str | None:
    value = _value(paper, "doi") or (
        f"10.48550/arxiv.{number}" if (number := _value(paper, "arxiv")) else None
    )
    return f"https://doi.org/{value}" if value else None


def _inverted(text: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(text.split()):
        places[word].append(place)
    return places


def _parts(day: date | None) -> list[int | None]:
    return [day.year, day.month, day.day] if day else [None]


def numbered(paper: Paper) -> frozenset[Identifier]:
    """Returns the arXiv id and the DOI of a paper, which tell one record from another."""
    return frozenset(name for name in paper.identifiers if name.scheme in ("arxiv", "doi"))
