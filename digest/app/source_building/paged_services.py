"""Builds the sources that ask a service for the papers of some days."""

from digest.config.source_tables.services import BiorxivSourceConfig, ServiceSourceConfig
from digest.sources.kinds.common import ClientFactory
from digest.sources.services.biorxiv import BiorxivService
from digest.sources.services.paged import PagedService, PagedSource


def build_service(item: ServiceSourceConfig, *, client: ClientFactory) -> PagedSource:
    """Builds a source.

    Args:
        item: its table in sources.toml.
        client: returns the HTTP client; called when the source is first fetched.
    """
    return PagedSource(
        name=item.name,
        service=_service(item),
        client=client,
        base=item.base_url,
        lookback=item.lookback,
        trusted=item.trusted,
    )


def _service(item: ServiceSourceConfig) -> PagedService:
    match item:
        case BiorxivSourceConfig():
            return BiorxivService(server=item.kind, categories=tuple(item.categories))
        case _:
            raise AssertionError(f"no service for sources of kind {item.kind!r}")
