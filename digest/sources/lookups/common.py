"""Shared parts of the services: the HTTP client, JSON answers, values of unknown types."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote

from digest.core.batch_limits import paper_within_limits
from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.models.papers import Identifier, Paper, PaperLink
from digest.core.text.html_text import html_line
from digest.core.text.paper_ids import arxiv_id, doi
from digest.errors import InputError
from digest.sources.feeds import arxiv
from digest.sources.feeds.json_feed import MAX_ABSTRACT, MAX_TITLE
from digest.sources.http.responses import FetchedResponse, NotModified
from digest.sources.json_values import load_json
from digest.sources.markup import http_url

MAX_BODY = 8 * 2**20  # bytes of an answer; real ones have less than one million
MAX_RECORDS = 100  # of a list in an answer that are read

# At the beginning of an abstract; often glued to its text.
_HEADING = re.compile(r"\A(?:Abstract|ABSTRACT)[ :.]{0,3}(?=[A-Z])")


class LookupClient(Protocol):
    """The part of `digest.sources.http.client.Client` that look-ups need."""

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        total: float | None = None,
        key: tuple[str, str] | None = None,
    ) -> FetchedResponse | NotModified:
        """Fetches a document; see `digest.sources.http.client.Client.get`.

        Raises:
            FetchError: There is no usable response.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How the answers of one service are fetched."""

    client: Callable[[], LookupClient]  # made when the first service needs it
    base: str
    interval: float  # seconds between two requests
    trusted: bool = False  # the address may be inside the network
    key: tuple[str, str] | None = None  # a header with the operator's key

    def fetch(self, path: str, *, seconds: float, accept: str = "") -> FetchedResponse:
        """Fetches a document of the service.

        Args:
            path: the path and the query.
            seconds: how long it may take.
            accept: the wanted media type.

        Raises:
            FetchError: There is no usable response.
        """
        response = self.client().get(
            f"{self.base}{path}",
            accept=accept,
            trusted=self.trusted,
            min_interval=self.interval,
            max_decoded=MAX_BODY,
            total=seconds,
            key=self.key,
        )
        assert not isinstance(response, NotModified)  # noqa: S101 - no validators were sent
        return response

    def fetch_json(self, path: str, *, seconds: float) -> tuple[Any, str]:
        """Fetches a JSON document; returns its value and its address after redirects.

        Raises:
            FetchError: There is no usable response.
            InputError: It is not JSON.
        """
        response = self.fetch(path, seconds=seconds, accept="application/json")
        try:
            return load_json(response.body.decode("utf-8")), response.url
        except (ValueError, RecursionError) as error:
            # Without the address, which may contain a key.
            raise InputError(f"the answer is not JSON: {error}", file=self.base) from None


def answer(papers: Iterator[Paper | None], address: str) -> LookupAnswer:
    """Returns the answer with the records that can be used."""
    kept = (paper_within_limits(paper)[0] for paper in papers if paper is not None)
    return LookupAnswer(papers=tuple(paper for paper in kept if paper is not None), address=address)


def objects(value: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list; none for any other value."""
    items = value if isinstance(value, list) else []
    return [item for item in items[:MAX_RECORDS] if isinstance(item, dict)]


def member(value: Any, *names: str) -> Any:
    """Returns a value inside nested objects; None if one of them is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def line(value: Any, *, limit: int = MAX_TITLE) -> str:
    """Returns a text without markup on one line; empty if it is not a string."""
    return html_line(value, limit=limit) if isinstance(value, str) else ""


def abstract_text(value: Any, *, jats: bool = False) -> str:
    """Returns an abstract without markup and without the heading "Abstract".

    Args:
        value: the abstract; anything but a string gives an empty text.
        jats: it is XML of the Journal Article Tag Suite.
    """
    if not isinstance(value, str):
        return ""
    source = value.replace("<jats:", "<").replace("</jats:", "</") if jats else value
    return _HEADING.sub("", html_line(source, limit=MAX_ABSTRACT, only_html=jats))


def identified(
    *, arxiv_text: Any = None, doi_text: Any = None
) -> tuple[tuple[Identifier, ...], tuple[PaperLink, ...]]:
    """Returns the identifiers of a record, and the links that follow from them.

    Args:
        arxiv_text: an arXiv id, or an address that contains one.
        doi_text: a DOI, or its address.
    """
    number = _arxiv_number(arxiv_text)
    name = doi(doi_text) if isinstance(doi_text, str) else None
    # arXiv's own DOI is the arXiv id.
    if name and name.startswith("10.48550/arxiv."):
        number, name = number or _arxiv_number(name.removeprefix("10.48550/arxiv.")), None
    links = list(arxiv.links(number, version=None)) if number else []
    if name:
        address = http_url(f"https://doi.org/{quote(name, safe='/:();')}")
        links += [PaperLink(rel="page" if number else "abstract", url=address)] if address else []
    names = [Identifier(scheme="arxiv", value=number)] if number else []
    names += [Identifier(scheme="doi", value=name)] if name else []
    return tuple(names), tuple(links)


def day(value: Any) -> date | None:
    """Returns the day of an ISO 8601 date; None for anything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def year_start(value: Any) -> date | None:
    """Returns 1 January of a year; None for anything else."""
    is_year = isinstance(value, int) and not isinstance(value, bool) and 1500 < value < 2500
    return date(value, 1, 1) if is_year else None


def _arxiv_number(value: Any) -> str | None:
    found = arxiv_id(value) if isinstance(value, str) else None
    return found[0] if found else None
