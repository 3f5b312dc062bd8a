"""The `feed` source: one RSS, Atom or JSON feed, fetched with conditional requests."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import feed
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import (
    ClientFactory,
    fetch_failed,
    parse_failed,
    validators_from_cursor,
    validators_to_cursor,
)

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


class FeedSource(Struct, frozen=True, kw_only=True):
    """Fetches an RSS, Atom, RDF or JSON feed."""

    name: str
    url: str
    client: ClientFactory
    trusted: bool = False  # the address may be outside the public internet
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields one batch with the current papers of the feed.

        If the server says that nothing changed, the batch has no papers.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        cursor = cursor or {}
        try:
            response = self.client().get(
                self.url,
                accept=_ACCEPT,
                validators=validators_from_cursor(cursor),
                trusted=self.trusted,
            )
        except FetchError as error:
            yield fetch_failed(self.url, error, cursor)
            return
        next_cursor = validators_to_cursor(response.validators)
        if isinstance(response, NotModified):
            batch = Batch(source=self.name, origin=self.url, papers=(), unchanged=True)
            yield SourceRead(origin=self.url, batch=batch, problem=None, cursor=next_cursor)
            return
        try:
            batch = feed.parse(response.body, source=self.name, origin=self.url, now=now)
        except InputError as error:
            yield parse_failed(self.url, error.reason, cursor, line=error.line)
            return
        yield SourceRead(
            origin=self.url,
            batch=batch,
            problem=None,
            cursor=next_cursor,
            addresses=(response.url,),
        )
