"""Decides how far each source of `sources.toml` is believed.

`trust` and `owns` of its table say so; without them, its kind and the host of its address do. Only
an answer over https, or from inside the operator's own network, is believed to come from its host.
"""

from pathlib import Path
from urllib.parse import urlsplit

from digest.config.source_tables.base import FileSourceConfig, SourceConfig
from digest.config.source_tables.kinds import (
    ArxivApiSourceConfig,
    ArxivSourceConfig,
    FeedSourceConfig,
    HuggingFaceSourceConfig,
)
from digest.config.source_tables.services import BiorxivSourceConfig, ServiceSourceConfig
from digest.core.models.trust import EVERYTHING, SourceTrust, TrustLevel, is_within
from digest.errors import SettingsError

ARXIV = ("arxiv",)
# Hosts that answer for a registry or a publisher, with what they own
# (https://api.crossref.org/prefixes/PREFIX). A host with its subdomains.
OWNERS = {
    "arxiv.org": ARXIV,
    "biorxiv.org": ("doi:10.1101/", "doi:10.64898/"),
    "medrxiv.org": ("doi:10.1101/", "doi:10.64898/"),
    "chemrxiv.org": ("doi:10.26434/",),
    "nature.com": ("doi:10.1038/",),
    "science.org": ("doi:10.1126/",),
    "pnas.org": ("doi:10.1073/",),
    "plos.org": ("doi:10.1371/",),
    "elifesciences.org": ("doi:10.7554/",),
    "frontiersin.org": ("doi:10.3389/",),
    "mdpi.com": ("doi:10.3390/",),
    "dl.acm.org": ("doi:10.1145/",),
    "ieeexplore.ieee.org": ("doi:10.1109/",),
    "journals.aps.org": ("doi:10.1103/",),
    "feeds.aps.org": ("doi:10.1103/",),
}


def trust_in(item: SourceConfig, *, file: Path) -> SourceTrust:
    """Returns how far a source is believed.

    Args:
        item: its table.
        file: the `sources.toml`, for errors.

    Raises:
        SettingsError: `trust` and `owns` do not fit each other or the address.
    """
    owns = tuple(item.owns)
    level = None if item.trust is None else TrustLevel(item.trust)
    if owns and level is not TrustLevel.OWNER:
        raise _wrong(file, item, 'owns needs trust = "owner"')
    # Files are the operator's own, so they are believed unless the table says otherwise.
    if isinstance(item, FileSourceConfig):
        level = level or TrustLevel.OWNER
        everything = (EVERYTHING,) if level is TrustLevel.OWNER else ()
        return SourceTrust(level=level, owns=owns or everything)
    address = address_of(item)
    # Of another package: nothing is known of where its papers come from.
    if address is None:
        if level is TrustLevel.OWNER and not owns:
            raise _wrong(file, item, _NO_OWNS)
        return SourceTrust(level=level or TrustLevel.MENTION, owns=owns)
    return _of_address(item, address, level, owns, file)


def address_of(item: SourceConfig) -> str | None:
    """Returns the address of a source on the web; None if it has none."""
    if isinstance(item, FeedSourceConfig):
        return item.url
    if isinstance(
        item,
        ArxivSourceConfig | ArxivApiSourceConfig | HuggingFaceSourceConfig | ServiceSourceConfig,
    ):
        return item.base_url
    return None


_NO_OWNS = 'trust = "owner" needs owns, such as owns = ["doi:10.1038/"]'


def _of_address(
    item: SourceConfig,
    address: str,
    level: TrustLevel | None,
    owns: tuple[str, ...],
    file: Path,
) -> SourceTrust:
    parts = urlsplit(address)
    host = parts.hostname or ""
    inside = bool(getattr(item, "trusted", False))
    proven = parts.scheme == "https" or inside
    domain = next((domain for domain in OWNERS if is_within(host, domain)), None)
    owned = owns or _owned_by_default(item, domain)
    if level is TrustLevel.OWNER and not proven:
        reason = f'trust = "owner" needs an https address, and {address} is not one'
        raise _wrong(file, item, reason)
    if level is TrustLevel.OWNER and not owned:
        raise _wrong(file, item, _NO_OWNS)
    if level is None:
        level = _default_level(item, owned=bool(owned)) if proven else TrustLevel.MENTION
    if level is not TrustLevel.OWNER:
        owned = ()
    # An answer that came from another host, or without https, counts only as a mention.
    return SourceTrust(
        level=level, owns=owned, hosts=(domain or host,), https=parts.scheme == "https"
    )


def _owned_by_default(item: SourceConfig, domain: str | None) -> tuple[str, ...]:
    if isinstance(item, ArxivSourceConfig | ArxivApiSourceConfig):
        # Whatever the address: the operator says that it is arXiv's, or a mirror.
        return ARXIV
    if isinstance(item, BiorxivSourceConfig):
        return OWNERS["biorxiv.org"]
    return OWNERS[domain] if domain else ()


def _default_level(item: SourceConfig, *, owned: bool) -> TrustLevel:
    if owned:
        return TrustLevel.OWNER
    is_registry = isinstance(item, HuggingFaceSourceConfig | ServiceSourceConfig)
    return TrustLevel.AGGREGATOR if is_registry else TrustLevel.MENTION


def _wrong(file: Path, item: SourceConfig, reason: str) -> SettingsError:
    return SettingsError(f"{file}: source {item.name!r}: {reason}")
