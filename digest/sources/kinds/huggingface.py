"""The `huggingface` source: the Daily Papers API, one batch for each day.

The list of a day grows during the day, and its votes change for some days after it. So each fetch
asks for the last days again, and also for all days that were missed since the last fetch. The API
allows 500 requests in 5 minutes.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from digest.core.models.batches import Batch, SourceRead
from digest.core.schedule.announcement_days import HUGGING_FACE, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.daily_papers import api_json
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import (
    ClientFactory,
    fetch_failed,
    parse_failed,
    validators_from_cursor,
    validators_to_cursor,
)

BASE = "https://huggingface.co"
_INTERVAL = 0.7  # seconds between requests: below 500 in 5 minutes


class HuggingFaceSource(Struct, frozen=True, kw_only=True):
    """Fetches the Daily Papers of each recent day."""

    name: str
    client: ClientFactory
    days: int = 3  # how many days, including today, each fetch asks for
    base: str = BASE
    trusted: bool = False
    calendar: AnnouncementCalendar = HUGGING_FACE

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields a batch for each day that may have something new, the oldest first.

        The cursor has the last day that was read, and the validators of each recent day.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        today = self.calendar.today(now)
        current = dict(cursor or {})
        first = today - timedelta(days=self.days - 1)
        if "through" in current:
            first = min(first, date.fromisoformat(current["through"]) + timedelta(days=1))
        for offset in range((today - first).days + 1):
            day = first + timedelta(days=offset)
            source_read = self._fetch_day(day, current, now=now)
            # The server did not answer. The next fetch asks for this day before the later ones.
            if source_read.batch is None and source_read.cursor is current:
                yield source_read  # the server did not answer: do not ask for the other days
                return
            current = dict(source_read.cursor)
            yield source_read

    def _fetch_day(self, day: date, cursor: Mapping[str, Any], *, now: datetime) -> SourceRead:
        url = f"{self.base}/api/daily_papers?date={day}"
        seen: Mapping[str, Any] = cursor.get("seen", {})
        try:
            response = self.client().get(
                url,
                accept="application/json",
                validators=validators_from_cursor(seen.get(str(day))),
                trusted=self.trusted,
                min_interval=_INTERVAL,
            )
        except FetchError as error:
            return fetch_failed(url, error, cursor)
        # The cursor moves on in each case below: an unreadable list stays unreadable, and the
        # next fetches ask for the last days again anyway.
        if isinstance(response, NotModified):
            batch = Batch(source=self.name, origin=url, papers=(), announced=day, unchanged=True)
            after = self._cursor_after(day, cursor, validators_to_cursor(response.validators))
            return SourceRead(origin=url, batch=batch, problem=None, cursor=after)
        after = self._cursor_after(day, cursor, validators_to_cursor(response.validators))
        try:
            batch = api_json.parse(
                response.body, source=self.name, origin=url, now=now, announced=day
            )
        except InputError as error:
            return parse_failed(url, error.reason, after, line=error.line)
        if not batch.papers:
            # Without validators, so that an empty day is reported as empty, not as unchanged.
            after = self._cursor_after(day, cursor, {})
        return SourceRead(
            origin=url, batch=batch, problem=None, cursor=after, addresses=(response.url,)
        )

    def _cursor_after(
        self, day: date, cursor: Mapping[str, Any], validators: Mapping[str, str]
    ) -> dict[str, Any]:
        """Returns the cursor after this day was read; it forgets the validators of old days."""
        oldest = str(day - timedelta(days=self.days))
        recent = {name: value for name, value in cursor.get("seen", {}).items() if name >= oldest}
        return {
            "through": max(cursor.get("through", ""), str(day)),
            "seen": recent | {str(day): validators},
        }
