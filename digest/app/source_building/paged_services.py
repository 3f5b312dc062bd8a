"""Builds the sources that ask a service for the papers of some days."""

from msgspec import Struct, field

from digest.app.source_building.alert_mails import MailAccess
from digest.config.source_tables.services import (
    BiorxivSourceConfig,
    CrossrefSourceConfig,
    OpenAlexSourceConfig,
    PubmedSourceConfig,
    SemanticScholarSourceConfig,
    ServiceSourceConfig,
)
from digest.sources.kinds.common import ClientFactory
from digest.sources.services.biorxiv import BiorxivService
from digest.sources.services.crossref import CrossrefService
from digest.sources.services.openalex import OpenAlexService
from digest.sources.services.paged import PagedService, PagedSource
from digest.sources.services.pubmed import PubmedService
from digest.sources.services.semanticscholar import SemanticScholarService


class ServiceAccess(Struct, frozen=True, kw_only=True):
    """Who asks the services, and with which keys."""

    contact: str = ""  # an e-mail address, or empty
    openalex_key: str | None = None
    pubmed_key: str | None = None
    semanticscholar_key: str | None = None
    zotero_key: str | None = None
    mail: MailAccess = field(default_factory=MailAccess)


def build_service(
    item: ServiceSourceConfig, *, client: ClientFactory, access: ServiceAccess
) -> PagedSource:
    """Builds a source.

    Args:
        item: its table in sources.toml.
        client: returns the HTTP client; called when the source is first fetched.
        access: who asks, and with which keys.
    """
    return PagedSource(
        name=item.name,
        service=_service(item, access),
        client=client,
        base=item.base_url,
        lookback=item.lookback,
        trusted=item.trusted,
    )


def _service(item: ServiceSourceConfig, access: ServiceAccess) -> PagedService:
    match item:
        case BiorxivSourceConfig():
            return BiorxivService(server=item.kind, categories=tuple(item.categories))
        case CrossrefSourceConfig():
            return CrossrefService(issns=tuple(item.issns), by=item.by, contact=access.contact)
        case OpenAlexSourceConfig():
            return OpenAlexService(filter=item.filter, secret=access.openalex_key)
        case PubmedSourceConfig():
            return PubmedService(
                term=item.term,
                contact=access.contact,
                secret=access.pubmed_key,
                interval=0.12 if access.pubmed_key else 0.4,
            )
        case SemanticScholarSourceConfig():
            own = access.semanticscholar_key
            return SemanticScholarService(
                query=item.query,
                likes=tuple(item.likes),
                key=("x-api-key", own) if own else None,
            )
        case _:
            raise AssertionError(f"no service for sources of kind {item.kind!r}")
