"""The `huggingface` source: the Daily Papers API, a batch for each day.

A day's list grows while the day lasts, and its votes for longer: the last days are asked
for again each time, and a gap since the last look is caught up day by day. The API allows
500 requests in 5 minutes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import HUGGING_FACE, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.daily_papers import api_json
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, failed, kept, unreadable, validators_of

BASE = "https://huggingface.co"
_INTERVAL = 0.7  # seconds between requests: below 500 in 5 minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceSource:
    """Daily Papers, by date."""

    name: str
    client: ClientFactory
    days: int = 3  # how many days, today among them, are asked for each time
    base: str = BASE
    trusted: bool = False
    announcing: AnnouncementCalendar = HUGGING_FACE

    def look(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """A look for each day that may have something new, the oldest first.

        The cursor holds the last day that was read, and each recent day's validators.
        """
        today = self.announcing.today(now)
        known = dict(cursor or {})
        first = today - timedelta(days=self.days - 1)
        if "through" in known:
            first = min(first, date.fromisoformat(known["through"]) + timedelta(days=1))
        for offset in range((today - first).days + 1):
            day = first + timedelta(days=offset)
            look = self._look_at(day, known, now=now)
            if look.batch is None and look.cursor is known:
                yield look  # the server is not to be had: the days after it can wait, too
                return
            known = dict(look.cursor)
            yield look

    def _look_at(self, day: date, known: Mapping[str, Any], *, now: datetime) -> SourceRead:
        url = f"{self.base}/api/daily_papers?date={day}"
        seen: Mapping[str, Any] = known.get("seen", {})
        try:
            answer = self.client().get(
                url,
                accept="application/json",
                validators=validators_of(seen.get(str(day))),
                trusted=self.trusted,
                min_interval=_INTERVAL,
            )
        except FetchError as error:
            return failed(url, error, known)
        if isinstance(answer, NotModified):
            batch = Batch(source=self.name, origin=url, papers=(), announced=day, unchanged=True)
            after = self._after(day, known, kept(answer.validators))
            return SourceRead(origin=url, batch=batch, problem=None, cursor=after)
        after = self._after(day, known, kept(answer.validators))
        try:
            batch = api_json.parse(
                answer.body, source=self.name, origin=url, now=now, announced=day
            )
        except InputError as error:
            return unreadable(url, error.reason, after, line=error.line)
        if not batch.papers:  # asked for whole again: that it is still empty is no "unchanged"
            after = self._after(day, known, {})
        return SourceRead(origin=url, batch=batch, problem=None, cursor=after)

    def _after(
        self, day: date, known: Mapping[str, Any], validators: Mapping[str, str]
    ) -> dict[str, Any]:
        horizon = str(day - timedelta(days=self.days))
        seen = {name: value for name, value in known.get("seen", {}).items() if name >= horizon} | {
            str(day): validators
        }
        return {"through": max(known.get("through", ""), str(day)), "seen": seen}
