"""Types for how far a source is believed about the papers that it shows."""

from collections.abc import Collection
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from digest.core.models.papers import Identifier

EVERYTHING = "*"  # in `SourceTrust.owns`: the operator's own files


class TrustLevel(StrEnum):
    """What a source may do to a paper that another source also shows."""

    OWNER = "owner"  # of some identifiers: decides text, version and withdrawal of their papers
    AGGREGATOR = "aggregator"  # identifies and merges papers; never overwrites an owner
    MENTION = "mention"  # adds a sighting, links and missing data; changes nothing


class SourceTrust(Struct, frozen=True, kw_only=True):
    """How far one source is believed."""

    level: TrustLevel
    # What an owner owns: a scheme ("arxiv"), a beginning of values ("doi:10.1101/"), or EVERYTHING.
    owns: tuple[str, ...] = ()
    # The hosts, with their subdomains, whose answers are believed this far; empty: not checked.
    hosts: tuple[str, ...] = ()
    https: bool = False  # only answers over https are believed this far
    elsewhere: bool = False  # an answer of another host, which is not the source itself

    def is_owner_of(self, identifier: Identifier) -> bool:
        """Returns True if the source decides what a paper with this identifier is."""
        name = f"{identifier.scheme}:{identifier.value}"
        return self.level is TrustLevel.OWNER and any(
            item in (EVERYTHING, identifier.scheme) or (":" in item and name.startswith(item))
            for item in self.owns
        )

    def at(self, addresses: Collection[str]) -> "SourceTrust":
        """Returns the trust in an answer that came from these addresses.

        Args:
            addresses: after all redirects. An answer from another host, or over http where https
                was expected, is only a mention.
        """
        return self if all(map(self._covers, addresses)) else _ELSEWHERE

    def holder(self, source: str) -> str:
        """Returns the name under which the source may change what it holds; empty: none."""
        return "" if self.elsewhere else source

    def _covers(self, address: str) -> bool:
        parts = urlsplit(address)
        if self.https and parts.scheme != "https":
            return False
        return not self.hosts or any(is_within(parts.hostname or "", host) for host in self.hosts)


def is_within(host: str, domain: str) -> bool:
    """Returns True if the host is the domain or one of its subdomains."""
    return host == domain or host.endswith(f".{domain}")


FULL_TRUST = SourceTrust(level=TrustLevel.OWNER, owns=(EVERYTHING,))
MENTION_ONLY = SourceTrust(level=TrustLevel.MENTION)
_ELSEWHERE = SourceTrust(level=TrustLevel.MENTION, elsewhere=True)
