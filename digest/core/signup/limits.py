"""How many requests for a message the site accepts, and from where.

The counts are those of all processes. Addresses, domains and networks are counted as keyed hashes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Counted(StrEnum):
    """What is counted."""

    SIGNUP = "signup"  # confirmations for one address
    LINK = "link"  # links and codes for one address
    DOMAIN = "domain"  # requests for addresses of one domain
    NETWORK = "network"  # requests from one network
    ALL = "all"  # requests in total
    ZOTERO = "zotero"  # sendings to Zotero from one page


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimit:
    """At most so many in a time."""

    counted: Counted
    number: int
    time: timedelta


SIGNUPS_OF_ADDRESS = RequestLimit(counted=Counted.SIGNUP, number=1, time=DAY)
LINKS_OF_ADDRESS = RequestLimit(counted=Counted.LINK, number=3, time=DAY)
OF_DOMAIN = RequestLimit(counted=Counted.DOMAIN, number=30, time=HOUR)
OF_NETWORK = RequestLimit(counted=Counted.NETWORK, number=10, time=HOUR)
TO_ZOTERO = RequestLimit(counted=Counted.ZOTERO, number=10, time=HOUR)


class RequestVerdict(StrEnum):
    """What happens to a request."""

    ACCEPT = "accept"
    SILENT = "silent"  # same answer, no message: this address had its messages today
    REFUSE = "refuse"  # a page asks to try again later
    CLOSE = "close"  # too many in total: the site closes for an hour, and the operator is told


def judge(exceeded: Mapping[Counted, bool]) -> RequestVerdict:
    """Returns what happens to a request, given which limits it would exceed.

    Only limits that do not depend on the address are shown to the sender of the request.
    """
    if exceeded.get(Counted.ALL):
        return RequestVerdict.CLOSE
    if exceeded.get(Counted.NETWORK) or exceeded.get(Counted.DOMAIN):
        return RequestVerdict.REFUSE
    if exceeded.get(Counted.SIGNUP) or exceeded.get(Counted.LINK):
        return RequestVerdict.SILENT
    return RequestVerdict.ACCEPT


def network_of(client: str | None) -> str | None:
    """Returns the network of a client: /24 of IPv4, /56 of IPv6; None if it has none of its own.

    Args:
        client: an IP address; loopback means a proxy that is not trusted, so it names nobody.
    """
    try:
        address = ip_address(client or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 56), strict=False))


def client_behind(peer: str | None, forwarded: str, trusted: tuple[str, ...]) -> str | None:
    """Returns the address of the client of a request that may have come through proxies.

    Args:
        peer: the other side of the connection.
        forwarded: the value of X-Forwarded-For. Each proxy adds to its end from whom it got the
            request, so only what trusted proxies added is believed.
        trusted: the addresses and networks of the proxies.
    """
    client = peer
    for name in (*reversed([part.strip() for part in forwarded.split(",")]), None):
        if client is None or not _is_in(client, trusted) or not name:
            return client
        client = name
    return client


def _is_in(client: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in ip_network(network, strict=False) for network in networks)


def parent_domains(email: str) -> Iterator[str]:
    """Yields the domain of an address and the domains above it, in lower case."""
    domain = email.rpartition("@")[2].lower()
    while "." in domain:
        yield domain
        domain = domain.partition(".")[2]


def read_domains(text: str) -> frozenset[str]:
    """Returns the domains in a file with one on each line; `#` begins a comment."""
    lines = (line.partition("#")[0].strip().lower() for line in text.splitlines())
    return frozenset(line.removeprefix("@").removeprefix(".") for line in lines if line)
