"""The `feed` source: one address, asked for what changed since the last look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import feed
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, failed, kept, unreadable, validators_of

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """Any RSS, Atom, RDF or JSON feed."""

    name: str
    url: str
    client: ClientFactory
    trusted: bool = False  # the address may be inside the network
    announcing: AnnouncementCalendar = NO_CALENDAR

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """What the feed holds now; a batch without papers where it says nothing changed."""
        known = cursor or {}
        try:
            answer = self.client().get(
                self.url, accept=_ACCEPT, validators=validators_of(known), trusted=self.trusted
            )
        except FetchError as error:
            yield failed(self.url, error, known)
            return
        after = kept(answer.validators)
        if isinstance(answer, NotModified):
            batch = Batch(source=self.name, origin=self.url, papers=(), unchanged=True)
            yield SourceRead(origin=self.url, batch=batch, problem=None, cursor=after)
            return
        try:
            batch = feed.parse(answer.body, source=self.name, origin=self.url, now=now)
        except InputError as error:
            yield unreadable(self.url, error.reason, known, line=error.line)
            return
        yield SourceRead(origin=self.url, batch=batch, problem=None, cursor=after)
