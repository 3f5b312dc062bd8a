"""The `arxiv` source: the daily listings of some categories, as one batch.

It sends one request for each category. A listing has at most 2,000 papers, so this shows which
category was cut. What a paper is (new, cross-listed, replaced) is decided over all listings.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.schedule.announcement_days import ARXIV, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import arxiv
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators
from digest.sources.kinds.common import ClientFactory, validators_from_cursor, validators_to_cursor

BASE = "https://rss.arxiv.org"
_ACCEPT = "application/atom+xml, application/xml;q=0.9"
_INTERVAL = 1.0  # seconds between requests


class _Listings(Struct, kw_only=True):
    """The results of the requests for all categories."""

    batches: dict[str, Batch] = field(default_factory=dict)
    validators: dict[str, dict[str, str]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Rejection] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)  # after all redirects


class ArxivSource(Struct, frozen=True, kw_only=True):
    """Fetches arXiv's listings of the day."""

    name: str
    categories: tuple[str, ...]
    client: ClientFactory
    include: tuple[str, ...] = ("new", "cross")
    base: str = BASE
    trusted: bool = False
    calendar: AnnouncementCalendar = ARXIV

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields the listings of all categories as one batch.

        If some categories fail, the batch has the others and a rejection for each failed one.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        cursor = cursor or {}
        seen: Mapping[str, Any] = cursor.get("seen", {})
        listings = _Listings()
        for category in self.categories:
            self._fetch_category(
                category, validators_from_cursor(seen.get(category)), listings, now=now
            )
        if listings.unchanged and (listings.batches or listings.problems):
            # What is new in one listing may be a cross-list in another, so all are needed.
            for category in listings.unchanged:
                self._fetch_category(category, Validators(), listings, now=now)
        yield self._merged(listings, cursor)

    def _fetch_category(
        self, category: str, validators: Validators, listings: _Listings, *, now: datetime
    ) -> None:
        """Fetches one listing and adds the result to `listings`."""
        url = self._url(category)
        try:
            response: FetchedResponse | NotModified = self.client().get(
                url,
                accept=_ACCEPT,
                validators=validators,
                trusted=self.trusted,
                min_interval=_INTERVAL,
            )
            if isinstance(response, NotModified):
                listings.unchanged.append(category)
            else:
                batch = arxiv.parse(response.body, source=self.name, origin=url, now=now)
                listings.batches[category] = batch
                listings.addresses.append(response.url)
            listings.validators[category] = validators_to_cursor(response.validators)
        except (FetchError, InputError) as error:
            listings.problems.append(Rejection(reason=f"{category}: {error.reason}"))

    def _merged(self, listings: _Listings, cursor: Mapping[str, Any]) -> SourceRead:
        """Returns all listings as one batch, and the new cursor."""
        origin = self._url("+".join(self.categories))
        # Every category failed. The cursor stays, so that the next fetch asks for the same.
        if not listings.batches and not listings.unchanged:
            reason = "; ".join(problem.reason for problem in listings.problems)
            return SourceRead(
                origin=origin, batch=None, problem=Rejection(reason=reason), cursor=cursor
            )
        days = [batch.announced for batch in listings.batches.values() if batch.announced]
        last_announced = cursor.get("announced")
        announced = max(
            days, default=date.fromisoformat(last_announced) if last_announced else None
        )
        batch = Batch(
            source=self.name,
            origin=origin,
            papers=arxiv.resolve(listings.batches, include=self.include),
            announced=announced,
            rejected=(
                *listings.problems,
                *(
                    Rejection(reason=f"{category}: {item.reason}", line=item.line)
                    for category, listing in listings.batches.items()
                    for item in listing.rejected
                ),
            ),
            unchanged=not listings.batches,
        )
        next_cursor = {
            # A failed category has no validators, so the next fetch asks for all of it.
            "seen": listings.validators,
            "announced": str(announced) if announced else None,
        }
        return SourceRead(
            origin=origin,
            batch=batch,
            problem=None,
            cursor=next_cursor,
            addresses=tuple(listings.addresses),
        )

    def _url(self, category: str) -> str:
        return f"{self.base}/atom/{category}"
