"""Builds the HTTP clients that count their requests, for sources and look-ups of services."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from digest.config.settings.loader import Settings
from digest.core.schedule.request_budgets import credential_name, daily_limit
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.sources.http.client import Client
    from digest.sources.http.metered_client import MeteredClient

_SERVICES = {  # by the kind of a source, where it is not the name of the service
    "arxiv-api": "arxiv",
    "medrxiv": "biorxiv",
    "semantic-scholar": "semanticscholar",
}
_COUNTED = ("arxiv", "biorxiv", "crossref", "huggingface", "openalex", "pubmed")
_COUNTED_KINDS = frozenset((*_COUNTED, *_SERVICES, "zotero"))
_KEYS = ("openalex", "pubmed", "semanticscholar", "zotero")  # services with a key in the settings


class RequestMeters:
    """Counts the requests to each service.

    Args:
        settings: they have the keys of the services, and the limits.
        store: returns the database with the counts.
        clock: returns the current time in UTC.
    """

    def __init__(
        self,
        settings: Settings,
        store: Callable[[], Store],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._store, self._clock = settings, store, clock

    def for_service(self, service: str, client: "Client") -> "MeteredClient":
        """Returns a client whose requests count for a service."""
        # Imported here: a home with files alone loads no HTTP library.
        from digest.pipeline.service_requests import StoredMeter
        from digest.sources.http.metered_client import MeteredClient

        secret = getattr(self._settings, f"{service}_key") if service in _KEYS else None
        key = secret.get_secret_value() if secret else None
        meter = StoredMeter(
            store=self._store,
            service=service,
            credential=credential_name(key),
            limit=daily_limit(
                service, has_key=bool(key), chosen=self._settings.requests_of_services
            ),
            clock=self._clock,
        )
        return MeteredClient(client, meter)

    def for_kind(self, kind: str, client: "Client") -> "Client | MeteredClient":
        """Returns a client for a kind of source; the requests for feeds are not counted."""
        if kind not in _COUNTED_KINDS:
            return client
        return self.for_service(_SERVICES.get(kind, kind), client)
