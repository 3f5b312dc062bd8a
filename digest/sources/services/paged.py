"""Reads the papers of some days from a service that answers in pages.

The cursor has the last day that was read to its end. Each fetch begins some days before it, because
services index papers late. What was read before is recognised by the identity of the papers.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.models.papers import Paper
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, fetch_failed, parse_failed

_MAX_PAGES = 500  # of one fetch; a service that gives a next page for ever is not followed
_MAX_BODY = 32 * 2**20  # bytes of one page


class Page(Struct, frozen=True, kw_only=True):
    """What one answer of a service contains."""

    papers: tuple[Paper, ...]
    rejected: tuple[Rejection, ...] = ()
    rows: int = 0  # in the answer, also those that are no papers
    total: int | None = None  # rows that the service has for this query; None: it does not say
    next_path: str | None = None  # of the next page, below the address of the service


class PagedService(Protocol):
    """A service with pages of papers."""

    @property
    def interval(self) -> float:
        """Seconds between the starts of two requests."""

    @property
    def key(self) -> tuple[str, str] | None:
        """A header with the operator's key, if the service wants one."""

    @property
    def accept(self) -> str:
        """The media type of the answers."""

    def first_paths(self, since: date, today: date) -> tuple[str, ...]:
        """Returns the path of the first page of each query.

        Args:
            since: the first day of the papers.
            today: the last one.
        """

    def parse(self, path: str, body: bytes) -> Page:
        """Parses an answer.

        Args:
            path: what was asked for.
            body: the answer.

        Raises:
            InputError: it is not an answer of the service, or it is an error.
        """


def with_query(path: str, name: str, value: str | int) -> str:
    """Returns a path with another value of one parameter of its query."""
    place, _, query = path.partition("?")
    return f"{place}?{urlencode(dict(parse_qsl(query)) | {name: value})}"


class PagedSource(Struct, frozen=True, kw_only=True):
    """Fetches the papers of the last days from a service."""

    name: str
    service: PagedService
    client: ClientFactory
    base: str  # the address of the service
    lookback: int  # how many days before the last fetch, including it, each fetch asks for
    trusted: bool = False
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields a batch for each page.

        After an error, the cursor stays, so that the next fetch reads all pages of these days again.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        before = dict(cursor or {})
        today = now.date()
        through = date.fromisoformat(before["through"]) if "through" in before else today
        since = min(through, today) - timedelta(days=self.lookback - 1)
        paths = list(self.service.first_paths(since, today))
        for number, first in enumerate(paths, start=1):
            after = {"through": str(today)} if number == len(paths) else before
            for result in self._query(first, before, after):
                yield result
                if result.batch is None:
                    return

    def _query(
        self, first: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Iterator[SourceRead]:
        """Yields the pages of one query; the last one has the cursor `after`."""
        path: str | None = first
        rows, total = 0, None
        for _ in range(_MAX_PAGES):
            if path is None:
                return
            url = f"{self.base}{path}"
            origin = url.partition("?")[0]  # the query may contain a key
            try:
                response = self.client().get(
                    url,
                    accept=self.service.accept,
                    trusted=self.trusted,
                    min_interval=self.service.interval,
                    max_decoded=_MAX_BODY,
                    key=self.service.key,
                )
                # Never happens, because no validators were sent.
                if isinstance(response, NotModified):
                    return
                page = self.service.parse(path, response.body)
            except FetchError as error:
                yield fetch_failed(origin, error, before)
                return
            except InputError as error:
                yield parse_failed(origin, error.reason, before, line=error.line)
                return
            rows += page.rows
            total = page.total if page.total is not None else total
            # A page that repeats itself would never end.
            path = None if page.next_path == path else page.next_path
            missing = () if path else _missing(rows, total)
            yield SourceRead(
                origin=origin,
                batch=Batch(
                    source=self.name,
                    origin=origin,
                    papers=page.papers,
                    rejected=(*page.rejected, *missing),
                ),
                problem=None,
                cursor=before if path else after,
                addresses=(response.url,),
            )


def _missing(rows: int, total: int | None) -> tuple[Rejection, ...]:
    """Compares what was read with the service's own count."""
    if total is None or rows >= total:
        return ()
    return (Rejection(reason=f"the service has {total} rows for these days, and gave {rows}"),)
