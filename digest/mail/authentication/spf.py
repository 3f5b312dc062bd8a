"""Reads the SPF record of a domain (RFC 7208), for `digest doctor`.

The doctor asks three questions: is there exactly one record, can receivers use it, and does it
list the addresses that send. So all networks that a record lists are collected in one walk,
instead of a result (pass, fail, ...) for each address. A mechanism with another sign than "+"
lists nothing, except that "all" ends the list.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from digest.mail.authentication.dns_resolver import Resolver

MAX_LOOKUPS = 10  # RFC 7208, 4.6.4: beyond it, receivers treat a record as broken
MAX_EXCHANGERS = 10  # RFC 7208, 4.6.4: of one "mx" mechanism

_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_MECHANISM = re.compile(
    r"(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)"
    r"(?::(?P<value>[^/]*))?(?P<four>/\d+)?(?:/(?P<six>/\d+))?",
    re.IGNORECASE,
)

Network = IPv4Network | IPv6Network


class SpfResult(Struct, frozen=True, kw_only=True):
    """The SPF record of a domain."""

    record: str = ""  # empty: there is none
    problem: str = ""  # why receivers cannot use it
    networks: tuple[Network, ...] = ()  # that may send
    unsure: bool = False  # it has parts that depend on the message: macros, ptr, exists

    def may_allow(self, address: str) -> bool:
        """False if mail from this IP address does not pass; True also where that is unsure."""
        sender = ip_address(address)
        return self.unsure or any(sender in network for network in self.networks)


class _Broken(Exception):  # noqa: N818 - what RFC 7208 calls permerror
    """Receivers give up at this record (permerror)."""


def look_up(domain: str, resolver: "Resolver") -> SpfResult:
    """Looks up the record of a domain, and the records that it includes.

    Args:
        domain: the domain of the envelope sender.
        resolver: the DNS.

    Raises:
        DnsError: the DNS cannot be asked.
    """
    reader = _Reader(resolver)
    record = ""
    try:
        record = reader.record(domain)
        networks = reader.networks(domain, record)
    except _Broken as error:
        return SpfResult(record=record or "v=spf1 ...", problem=str(error))
    return SpfResult(record=record, networks=tuple(networks), unsure=reader.unsure)


class _Reader:
    def __init__(self, resolver: "Resolver") -> None:
        self._resolver = resolver
        self._lookups = 0
        self.unsure = False

    def record(self, domain: str) -> str:
        texts = self._resolver.txt_records(domain)
        # The version ends at a space: "v=spf10" is no SPF record (4.5).
        found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
        if len(found) > 1:
            raise _Broken(f"{domain} has {len(found)} SPF records, and may have one; join them")
        return found[0] if found else ""

    def networks(self, domain: str, record: str) -> list[Network]:
        """The networks that a record lists, with those of the records that it names."""
        listed: list[Network] = []
        redirect, ended = "", False
        for term in record.split()[1:]:
            # A modifier; only "redirect" affects the result (6).
            # Behind a colon, "=" belongs to a value.
            if "=" in term.partition(":")[0]:
                name, _, value = term.partition("=")
                redirect = value if name.lower() == "redirect" else redirect
                continue
            mechanism = term[1:] if term[0] in "+-~?" else term
            found = self._mechanism(domain, mechanism)
            if term[0] not in "-~?" and not ended:
                listed += found
            ended = ended or mechanism.lower() == "all"
        if redirect and not ended:
            listed += self._named("redirect=", redirect)
        return listed

    def _named(self, by: str, domain: str) -> list[Network]:
        """The networks of a record that another one names."""
        self._count(by[:-1])
        if "%" in domain:
            self.unsure = True
            return []
        record = self.record(domain)
        if not record:
            raise _Broken(f"{by}{domain}, which has no SPF record")
        return self.networks(domain, record)

    def _mechanism(self, domain: str, mechanism: str) -> list[Network]:
        parts = _MECHANISM.fullmatch(mechanism)
        if not parts:
            raise _Broken(f'"{mechanism}" is not valid in an SPF record')
        name, value = parts["name"].lower(), parts["value"] or ""
        if name == "all":
            return [ip_network("0.0.0.0/0"), ip_network("::/0")]
        if name == "include":
            return self._named("include:", value)
        self._count(name)
        # Macros, ptr and exists depend on the client or the message, so they are not evaluated.
        if "%" in value or name in ("ptr", "exists"):
            self.unsure = True
            return []
        four, six = parts["four"] or "", parts["six"] or ""
        if name in ("ip4", "ip6"):
            return [_network(value + four)]
        hosts = [value or domain]
        if name == "mx":
            hosts = list(self._resolver.mx_hosts(hosts[0]))[:MAX_EXCHANGERS]
        return [
            _network(found + (six if ":" in found else four))
            for host in hosts
            for found in self._resolver.addresses(host)
        ]

    def _count(self, name: str) -> None:
        self._lookups += name in _ASKING
        if self._lookups > MAX_LOOKUPS:
            raise _Broken(f"it needs more than {MAX_LOOKUPS} DNS lookups; shorten it")


def _network(text: str) -> Network:
    try:
        # Receivers ignore the bits behind the prefix, so they may be set.
        return ip_network(text, strict=False)
    except ValueError:
        raise _Broken(f'"{text}" is not an IP network') from None
