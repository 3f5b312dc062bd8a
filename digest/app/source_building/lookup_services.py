"""The services that find the papers behind titles, as the settings name them."""

import time
from functools import cached_property, partial
from random import random
from typing import TYPE_CHECKING

from digest.core.models.trust import SourceTrust, TrustLevel
from digest.pipeline.enrichment.report import PaperLookup, Service
from digest.version import __version__

if TYPE_CHECKING:
    from digest.app.source_building.request_meters import RequestMeters
    from digest.config.settings.loader import Settings
    from digest.sources.http.client import Client

_ATTEMPTS = 2  # for one request; a later run asks again
_TIMEOUT = 10.0  # seconds for one connect, read or write

# The host of each service. Only its own answers, over https, are believed.
_HOSTS = {
    "huggingface": "huggingface.co",
    "arxiv": "arxiv.org",
    "semanticscholar": "semanticscholar.org",
    "openalex": "openalex.org",
    "crossref": "crossref.org",
}
_WITH_TEXTS = ("huggingface", "arxiv")  # they have the titles and abstracts of arXiv, with the TeX


class LookupServices:
    """Builds the services; they share one HTTP client.

    Args:
        settings: the settings of the home.
        contact: an address for the operators of the services.
        meters: count the requests.
    """

    def __init__(self, settings: "Settings", *, contact: str, meters: "RequestMeters") -> None:
        self._settings = settings
        self._contact = contact
        self._meters = meters

    def build(self) -> list[Service]:
        """Returns the services in the order of the settings."""
        return [
            Service(
                name=name,
                trust=_trust(name),
                gives_text=name in _WITH_TEXTS,
                describes=name == "arxiv",
                build=partial(self._lookup, name),
            )
            for name in self._settings.lookup_services
        ]

    def _lookup(self, name: str) -> PaperLookup:
        # Imported here: most runs look up nothing.
        from digest.sources.lookups import arxiv, crossref, huggingface, openalex, semanticscholar
        from digest.sources.lookups.common import Connection

        settings = self._settings
        own_key = settings.semanticscholar_key
        openalex_key = settings.openalex_key

        def connection(base: str, interval: float, *, key: str | None = None) -> Connection:
            return Connection(
                client=lambda: self._meters.for_service(name, self._client),
                base=base,
                interval=interval,
                key=("x-api-key", key) if key else None,
            )

        match name:
            case "huggingface":
                link = connection(huggingface.BASE, huggingface.INTERVAL)
                return huggingface.HuggingFaceLookup(connection=link)
            case "arxiv":
                return arxiv.ArxivLookup(connection=connection(arxiv.BASE, arxiv.INTERVAL))
            case "semanticscholar":
                link = connection(
                    semanticscholar.BASE,
                    semanticscholar.INTERVAL,
                    key=own_key.get_secret_value() if own_key else None,
                )
                return semanticscholar.SemanticScholarLookup(connection=link)
            case "openalex":
                return openalex.OpenAlexLookup(
                    connection=connection(openalex.BASE, openalex.INTERVAL),
                    key=openalex_key.get_secret_value() if openalex_key else None,
                )
            case "crossref":
                link = connection(crossref.BASE, crossref.INTERVAL)
                return crossref.CrossrefLookup(connection=link, contact=self._contact)
            case _:
                raise AssertionError(f"no service is called {name!r}")

    @cached_property
    def _client(self) -> "Client":
        from digest.sources.http.client import Client, user_agent

        return Client(
            user_agent=user_agent(__version__, contact=self._contact),
            sleep=time.sleep,
            clock=time.monotonic,
            jitter=random,
            timeout=_TIMEOUT,
            attempts=_ATTEMPTS,
        )


def _trust(name: str) -> SourceTrust:
    """Returns how far a service is believed: arXiv as its source is, the others as aggregators."""
    hosts = (_HOSTS[name],)
    if name == "arxiv":
        return SourceTrust(level=TrustLevel.OWNER, owns=("arxiv",), hosts=hosts, https=True)
    return SourceTrust(level=TrustLevel.AGGREGATOR, hosts=hosts, https=True)
