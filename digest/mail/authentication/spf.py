"""Who may send mail for a domain, by its SPF record (RFC 7208)."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.mail.authentication.dns_resolver import Resolver

MOST_LOOKUPS = 10  # 4.6.4; beyond it, a record counts as broken

_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """What a domain's record says of an address."""

    record: str = ""  # empty: there is none
    result: str = "none"  # pass, fail, softfail, neutral, none, or unknown: it cannot be told
    problem: str = ""  # why receivers cannot use it


class _Broken(Exception):  # noqa: N818 - what RFC 7208 calls permerror
    """Receivers give up at this record (permerror)."""


def evaluate(domain: str, address: str | None, resolver: "Resolver") -> SpfResult:
    """Looks a record up, and reads it through as a receiver would.

    Args:
        domain: that of the envelope's sender.
        address: where mail comes from; None: not known, and the record is read to its end.
        resolver: the DNS.

    Raises:
        DnsError: nobody can be asked.
    """
    reader = _Reader(ip_address(address) if address else None, resolver)
    try:
        record = _record(domain, resolver)
        if record is None:
            return SpfResult()
    except _Broken as error:
        return SpfResult(record="v=spf1 ...", result="unknown", problem=str(error))
    try:
        result = reader.result(domain, record) or "neutral"
    except _Broken as error:
        return SpfResult(record=record, result="unknown", problem=str(error))
    return SpfResult(record=record, result=result if address and not reader.unsure else "unknown")


def _record(domain: str, resolver: "Resolver") -> str | None:
    found = [text for text in resolver.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) > 1:
        raise _Broken(f"{domain} has {len(found)} SPF records, and may have one; join them")
    return found[0] if found else None


class _Reader:
    def __init__(self, address: Address | None, resolver: "Resolver") -> None:
        self._address = address
        self._resolver = resolver
        self._lookups = 0
        self.unsure = False  # a macro stood in the way

    def result(self, domain: str, record: str) -> str | None:
        """The result of the first mechanism that matches; None if none does."""
        redirect = None
        for term in record.split()[1:]:
            if "=" in term.partition(":")[0]:
                name, _, value = term.partition("=")
                redirect = value if name.lower() == "redirect" else redirect
                continue
            sign, mechanism = (term[0], term[1:]) if term[0] in _RESULTS else ("+", term)
            if self._matches(domain, mechanism):
                return _RESULTS[sign]
        return self._redirected(redirect) if redirect else None

    def _redirected(self, domain: str) -> str | None:
        self._count("redirect")
        if "%" in domain:
            self.unsure = True
            return None
        record = _record(domain, self._resolver)
        if record is None:
            raise _Broken(f"redirect={domain}, which has no SPF record")
        return self.result(domain, record)

    def _matches(self, domain: str, mechanism: str) -> bool:
        name, _, value = mechanism.partition(":")
        name, _, prefix = name.partition("/")
        prefix = f"/{prefix}" if prefix.startswith("/") else prefix  # a//64
        name = name.lower()
        if name not in _MECHANISMS:
            raise _Broken(f'"{mechanism}" is no part of an SPF record')
        self._count(name)
        if name == "all":
            return self._address is not None
        if "%" in value or name in ("ptr", "exists"):
            self.unsure = True
            return False
        if name in ("ip4", "ip6"):
            return self._within(value)
        if name == "include":
            record = _record(value, self._resolver)
            if record is None:
                raise _Broken(f"include:{value}, which has no SPF record")
            return self.result(value, record) == "pass"
        host, _, length = value.partition("/")
        hosts = [host or domain]
        if name == "mx":
            hosts = list(self._resolver.exchangers(hosts[0]))[:10]
        return any(self._holds(one, length or prefix) for one in hosts)

    def _holds(self, host: str, length: str) -> bool:
        four, _, six = length.partition("//")
        if self._address is None:
            return False
        return any(
            self._within(f"{found}/{(six or '128') if ':' in found else (four or '32')}")
            for found in self._resolver.addresses(host)
        )

    def _within(self, network: str) -> bool:
        try:
            found = ip_network(network, strict=False)
        except ValueError:
            raise _Broken(f'"{network}" is no network') from None
        return self._address is not None and self._address in found

    def _count(self, name: str) -> None:
        self._lookups += name in _ASKING
        if self._lookups > MOST_LOOKUPS:
            raise _Broken(f"it takes more than {MOST_LOOKUPS} questions to the DNS; shorten it")
