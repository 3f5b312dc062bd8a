"""Counts the requests to a service in the database, which all processes share."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from digest.core.schedule.request_budgets import reported_budget
from digest.logs import get_logger
from digest.sources.http.responses import FetchRefused
from digest.store.database.store import Store
from digest.store.enrichment import request_counts

_log = get_logger("digest.collect")


class StoredMeter(Struct, frozen=True, kw_only=True):
    """Counts the requests to one service with one credential."""

    store: Callable[[], Store]
    service: str
    credential: str  # a name of the key
    limit: int  # requests a day
    clock: Callable[[], datetime]  # requests count for the day (UTC) on which they are sent

    def take(self) -> None:
        """Counts a request that is about to be sent.

        Raises:
            FetchRefused: The budget of the day is used up.
        """
        with self.store().write() as tx:
            taken = request_counts.take(
                tx, self.service, self.credential, self.clock().date(), limit=self.limit
            )
        if not taken:
            _log.warning("budget used up", service=self.service, limit=self.limit)
            raise FetchRefused(
                f"the requests of this day to {self.service} are used up (digest status shows them); no"
                " more are sent before 00:00 UTC. DIGEST_DAILY_REQUESTS sets their number"
            )

    def note(self, headers: Mapping[str, str]) -> None:
        """Keeps what the service says about its budget.

        Args:
            headers: Of a response, with their names in any case.
        """
        reported = reported_budget(headers)
        if reported is not None:
            with self.store().write() as tx:
                request_counts.note(
                    tx, self.service, self.credential, self.clock().date(), reported=reported
                )
