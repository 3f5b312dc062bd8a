"""The `arxiv` source: the daily listings of some categories, as one batch.

One request a category: a listing holds 2,000 papers at most, so that a cut is seen and
reported where it happens. What a paper is (new, cross-listed, replaced) is decided over
all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.schedule.announcement_days import ARXIV, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.feeds import arxiv
from digest.sources.http.responses import FetchedResponse, FetchError, NotModified, Validators
from digest.sources.kinds.common import ClientFactory, kept, validators_of

BASE = "https://rss.arxiv.org"
_ACCEPT = "application/atom+xml, application/xml;q=0.9"
_INTERVAL = 1.0  # seconds between requests


@dataclass(slots=True, kw_only=True)
class _Round:
    """What asking for all categories yielded."""

    batches: dict[str, Batch] = field(default_factory=dict)
    validators: dict[str, dict[str, str]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArxivSource:
    """arXiv's listings of the day."""

    name: str
    categories: tuple[str, ...]
    client: ClientFactory
    include: tuple[str, ...] = ("new", "cross")
    base: str = BASE
    trusted: bool = False
    announcing: AnnouncementCalendar = ARXIV

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """The listings of all categories as one batch; a failed one leaves it partial."""
        known = cursor or {}
        seen: Mapping[str, Any] = known.get("seen", {})
        found = _Round()
        for category in self.categories:
            self._ask(category, validators_of(seen.get(category)), found, now=now)
        if found.unchanged and (found.batches or found.problems):
            # What is new in one listing may be a cross-list in another: all are needed.
            for category in found.unchanged:
                self._ask(category, Validators(), found, now=now)
        yield self._merged(found, known)

    def _ask(self, category: str, validators: Validators, found: _Round, *, now: datetime) -> None:
        url = self._url(category)
        try:
            answer: FetchedResponse | NotModified = self.client().get(
                url,
                accept=_ACCEPT,
                validators=validators,
                trusted=self.trusted,
                min_interval=_INTERVAL,
            )
            if isinstance(answer, NotModified):
                found.unchanged.append(category)
            else:
                batch = arxiv.parse(answer.body, source=self.name, origin=url, now=now)
                found.batches[category] = batch
            found.validators[category] = kept(answer.validators)
        except (FetchError, InputError) as error:
            found.problems.append(Rejection(reason=f"{category}: {error.reason}"))

    def _merged(self, found: _Round, known: Mapping[str, Any]) -> SourceRead:
        origin = self._url("+".join(self.categories))
        if not found.batches and not found.unchanged:
            reason = "; ".join(problem.reason for problem in found.problems)
            return SourceRead(
                origin=origin, batch=None, problem=Rejection(reason=reason), cursor=known
            )
        days = [batch.announced for batch in found.batches.values() if batch.announced]
        before = known.get("announced")
        announced = max(days, default=date.fromisoformat(before) if before else None)
        batch = Batch(
            source=self.name,
            origin=origin,
            papers=arxiv.resolve(found.batches, include=self.include),
            announced=announced,
            rejected=(
                *found.problems,
                *(
                    Rejection(reason=f"{category}: {item.reason}", line=item.line)
                    for category, listing in found.batches.items()
                    for item in listing.rejected
                ),
            ),
            unchanged=not found.batches,
        )
        after = {
            "seen": found.validators,  # a failed category has none, and is asked for whole again
            "announced": str(announced) if announced else None,
        }
        return SourceRead(origin=origin, batch=batch, problem=None, cursor=after)

    def _url(self, category: str) -> str:
        return f"{self.base}/atom/{category}"
