"""The `arxiv-api` source: a search of arXiv, newest first, for what feeds do not reach back to.

arXiv asks for one request in 3 seconds and one connection.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import arxiv_api
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, failed, unreadable

BASE = "https://export.arxiv.org"
_INTERVAL = 3.0  # seconds
_PAGE = 100  # papers a request
_OVERLAP = timedelta(days=2)  # papers turn up in the index after their date


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivApiSource:
    """The papers that a query finds."""

    name: str
    query: str
    client: ClientFactory
    most: int = 500  # papers a look
    base: str = BASE
    trusted: bool = False
    announcing: AnnouncementCalendar = NO_CALENDAR

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """A look for each page, until the pages are older than the last look, or enough.

        The cursor holds the day of the newest paper of the last look that came to its end.
        """
        del now
        known = cursor or {}
        through = date.fromisoformat(known["through"]) - _OVERLAP if "through" in known else None
        newest = known.get("through", "")
        start: int | None = 0
        while start is not None and start < self.most:
            url = self._url(start)
            try:
                answer = self.client().get(url, trusted=self.trusted, min_interval=_INTERVAL)
                if isinstance(answer, NotModified):  # nothing was asked conditionally
                    return
                page = arxiv_api.parse_page(answer.body, source=self.name, origin=url)
            except FetchError as error:
                yield failed(url, error, known)
                return
            except InputError as error:
                yield unreadable(url, error.reason, known, line=error.line)
                return
            days = [paper.updated or paper.published for paper in page.batch.papers]
            dated = [day for day in days if day is not None]
            newest = max([newest, *map(str, dated)])
            start = page.next_start
            old = through is not None and bool(dated) and min(dated) < through
            last = start is None or start >= self.most or old
            yield SourceRead(
                origin=url,
                batch=_shortened(page.batch, self.most),
                problem=None,
                cursor={"through": newest} if last and newest else known,
            )
            if last:
                return

    def _url(self, start: int) -> str:
        asked = {
            "search_query": self.query,
            "start": start,
            "max_results": min(_PAGE, self.most),
            "sortBy": "lastUpdatedDate",
            "sortOrder": "descending",
        }
        return f"{self.base}/api/query?{urlencode(asked)}"


def _shortened(batch: Batch, most: int) -> Batch:
    return replace(batch, papers=batch.papers[:most])
