"""The `arxiv-api` source: a search of arXiv, newest first.

It also finds papers that are too old for the feeds. arXiv asks for at most one request in 3
seconds, over one connection.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import arxiv_api
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, fetch_failed, parse_failed

BASE = "https://export.arxiv.org"
_INTERVAL = 3.0  # seconds between requests
_PAGE = 100  # papers in one response
_OVERLAP = timedelta(days=2)  # papers may appear in arXiv's index this long after their date


class ArxivApiSource(Struct, frozen=True, kw_only=True):
    """Fetches the papers that match a query."""

    name: str
    query: str
    client: ClientFactory
    max_papers: int = 500  # maximum number of papers in one fetch
    base: str = BASE
    trusted: bool = False
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields a batch for each page of results.

        Stops at papers that an earlier fetch has seen, or after `max_papers` papers. The cursor has
        the day of the newest paper of the last fetch that was not interrupted by an error.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: Not used.
        """
        del now
        cursor = cursor or {}
        through = date.fromisoformat(cursor["through"]) - _OVERLAP if "through" in cursor else None
        newest = cursor.get("through", "")
        start: int | None = 0
        while start is not None and start < self.max_papers:
            url = self._url(start)
            try:
                response = self.client().get(url, trusted=self.trusted, min_interval=_INTERVAL)
                # Never happens, because no validators were sent.
                if isinstance(response, NotModified):
                    return
                page = arxiv_api.parse_page(response.body, source=self.name, origin=url)
            except FetchError as error:
                yield fetch_failed(url, error, cursor)
                return
            except InputError as error:
                yield parse_failed(url, error.reason, cursor, line=error.line)
                return
            # The date by which the API sorts (see `_url`), so that the loop can stop at known
            # papers.
            dates = [paper.updated or paper.published for paper in page.batch.papers]
            days = [day for day in dates if day is not None]
            newest = max([newest, *map(str, days)])
            start = page.next_start
            reached_known = through is not None and bool(days) and min(days) < through
            is_last = start is None or start >= self.max_papers or reached_known
            yield SourceRead(
                origin=url,
                batch=_shortened(page.batch, self.max_papers),
                problem=None,
                # Only the last page moves the cursor: after an error, all pages are read again.
                cursor={"through": newest} if is_last and newest else cursor,
                addresses=(response.url,),
            )
            if is_last:
                return

    def _url(self, start: int) -> str:
        parameters = {
            "search_query": self.query,
            "start": start,
            "max_results": min(_PAGE, self.max_papers),
            "sortBy": "lastUpdatedDate",
            "sortOrder": "descending",
        }
        return f"{self.base}/api/query?{urlencode(parameters)}"


def _shortened(batch: Batch, most: int) -> Batch:
    return replace(batch, papers=batch.papers[:most])
