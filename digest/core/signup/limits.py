"""How many requests for a message the site accepts, and from where.

The counts are those of all processes. Addresses, domains and networks are counted as keyed hashes.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct

from digest.core.subscribers.email_addresses import ascii_domain

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

REQUEST_LIFE = timedelta(days=2)
"""How long a request can be confirmed."""


class Counted(StrEnum):
    """What is counted."""

    SIGNUP = "signup"  # confirmations for one address
    LINK = "link"  # links and codes for one address
    DOMAIN = "domain"  # requests for addresses of one domain
    NETWORK = "network"  # requests from one network
    ALL = "all"  # requests in total
    ADMIN = "admin"  # messages with which an operator signs in
    PROOF = "proof"  # requests with one proof of work
    ZOTERO = "zotero"  # sendings to Zotero from one page


class RequestLimit(Struct, frozen=True, kw_only=True):
    """At most so many in a time."""

    counted: Counted
    number: int
    time: timedelta


SIGNUPS_OF_ADDRESS = RequestLimit(counted=Counted.SIGNUP, number=1, time=DAY)
LINKS_OF_ADDRESS = RequestLimit(counted=Counted.LINK, number=3, time=DAY)
ADMINS_OF_ADDRESS = RequestLimit(counted=Counted.ADMIN, number=10, time=HOUR)
OF_DOMAIN = RequestLimit(counted=Counted.DOMAIN, number=30, time=HOUR)
OF_NETWORK = RequestLimit(counted=Counted.NETWORK, number=10, time=HOUR)
OF_PROOF = RequestLimit(counted=Counted.PROOF, number=1, time=DAY)
TO_ZOTERO = RequestLimit(counted=Counted.ZOTERO, number=10, time=HOUR)

# What does not depend on the address, so a page may show that it is reached.
_SHOWN = frozenset({Counted.ALL, Counted.NETWORK, Counted.DOMAIN})


class RequestVerdict(StrEnum):
    """What happens to a request."""

    ACCEPT = "accept"
    SILENT = "silent"  # same answer, no message: this address had its messages today
    PROVE = "prove"  # the browser must do some work first
    REFUSE = "refuse"  # a page asks to try again later
    CLOSE = "close"  # too many in total: the site closes for an hour, and the operator is told


def judge(used: Mapping[RequestLimit, int], *, proved: bool | None) -> RequestVerdict:
    """Returns what happens to a request.

    Only limits that do not depend on the address are shown to the sender of the request.

    Args:
        used: how many requests were counted before, for each limit of this one.
        proved: whether the request has a valid proof of work; None: it needs none. A proof that
            was used before is none.
    """
    reached = {limit.counted for limit, number in used.items() if number >= limit.number}
    if Counted.ALL in reached:
        return RequestVerdict.CLOSE
    if Counted.NETWORK in reached or Counted.DOMAIN in reached:
        return RequestVerdict.REFUSE
    if is_under_pressure(used) and (proved is False or Counted.PROOF in reached):
        return RequestVerdict.PROVE
    if reached & {Counted.SIGNUP, Counted.LINK, Counted.ADMIN}:
        return RequestVerdict.SILENT
    return RequestVerdict.ACCEPT


def is_under_pressure(used: Mapping[RequestLimit, int]) -> bool:
    """Whether half of a limit is used up that does not depend on the address."""
    return any(
        2 * number >= limit.number for limit, number in used.items() if limit.counted in _SHOWN
    )


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
    """Returns the domains in a file with one on each line; `#` begins a comment.

    A domain may be written in its own script or in punycode, and with `@`, `.` or `*.` before it.
    """
    lines = (line.partition("#")[0].strip().lower() for line in text.splitlines())
    names = (line.removeprefix("*").removeprefix("@").removeprefix(".") for line in lines)
    return frozenset((ascii_domain(name) or name).lower() for name in names if name)
