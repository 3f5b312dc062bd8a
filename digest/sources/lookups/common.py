"""Shared parts of the services: the HTTP client, JSON answers, values of unknown types."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from msgspec import Struct

from digest.core.batch_limits import paper_within_limits
from digest.core.enrichment.outcomes import LookupAnswer
from digest.core.models.papers import Paper
from digest.errors import InputError
from digest.sources.http.responses import FetchedResponse, NotModified
from digest.sources.json_values import load_json

MAX_BODY = 8 * 2**20  # bytes of an answer; real ones have less than one million


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


class Connection(Struct, frozen=True, kw_only=True):
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
    # A notice, such as a correction, is not the paper behind a title.
    found = (paper for paper in papers if paper is not None and not paper.is_notice)
    kept = (paper_within_limits(paper)[0] for paper in found)
    return LookupAnswer(papers=tuple(paper for paper in kept if paper is not None), address=address)
