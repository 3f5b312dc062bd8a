"""The `zotero` source: what is new in a library or a collection of Zotero.

Items have the version of the library in which they were last changed; each fetch asks for those after the
version in the cursor (https://www.zotero.org/support/dev/web_api/v3/syncing).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from digest.core.models.batches import Batch, Rejection, SourceRead
from digest.core.schedule.announcement_days import NO_CALENDAR, AnnouncementCalendar
from digest.errors import InputError
from digest.sources.http.responses import FetchError, NotModified
from digest.sources.kinds.common import ClientFactory, fetch_failed, parse_failed
from digest.sources.library import zotero_items
from digest.sources.services.json_answers import json_value, page_of

_ROWS = 100  # the most that the API gives
_MAX_PAGES = 200  # of one fetch
_TOO_MANY = Rejection(
    reason=f"more than {_MAX_PAGES * _ROWS} items were changed, and the older ones were not read; name a"
    " collection"
)


class ZoteroSource(Struct, frozen=True, kw_only=True):
    """Fetches the items of a library or a collection."""

    name: str
    library: str  # "users/ID" or "groups/ID"
    client: ClientFactory
    collection: str = ""  # the key of a collection; empty: the whole library
    key: str | None = None  # of the account; public groups need none
    base: str = "https://api.zotero.org"
    trusted: bool = False
    calendar: AnnouncementCalendar = NO_CALENDAR

    def fetch(self, cursor: Mapping[str, Any] | None, *, now: datetime) -> Iterator[SourceRead]:
        """Yields a batch for each page of items that are new or changed.

        After an error, the cursor stays, so that the next fetch reads these items again.

        Args:
            cursor: What the last fetch stored; None at the first one.
            now: The current time.
        """
        del now
        before = dict(cursor or {})
        version = before.get("version", 0)
        place = f"collections/{self.collection}/items/top" if self.collection else "items/top"
        origin = f"{self.base}/{self.library}/{place}"
        newest = version
        for number in range(_MAX_PAGES):
            query = {"format": "json", "limit": _ROWS, "start": number * _ROWS, "since": version}
            try:
                response = self.client().get(
                    f"{origin}?{urlencode(query)}",
                    accept="application/json",
                    trusted=self.trusted,
                    min_interval=1.0,
                    key=("Zotero-API-Key", self.key) if self.key else None,
                )
                # Never happens, because no validators were sent.
                if isinstance(response, NotModified):
                    return
                rows = _rows(response.body)
                page = page_of(rows, zotero_items.paper)
            except FetchError as error:
                yield fetch_failed(origin, error, before)
                return
            except InputError as error:
                yield parse_failed(origin, error.reason, before)
                return
            newest = max([newest, *map(_version, rows)])
            is_cut = len(rows) == _ROWS and number == _MAX_PAGES - 1
            is_last = len(rows) < _ROWS or is_cut
            rejected = (*page.rejected, *((_TOO_MANY,) if is_cut else ()))
            yield SourceRead(
                origin=origin,
                batch=Batch(source=self.name, origin=origin, papers=page.papers, rejected=rejected),
                problem=None,
                cursor={"version": newest} if is_last else before,
                addresses=(response.url,),
            )
            if is_last:
                return


def _rows(body: bytes) -> list[Any]:
    rows = json_value(body)
    if not isinstance(rows, list):
        raise InputError("the answer has no list of items")
    return rows


def _version(row: Any) -> int:
    value = row.get("version") if isinstance(row, dict) else None
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0
