"""Evaluates SPF records (RFC 7208): which addresses may send mail for a domain."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.mail.authentication.dns_resolver import Resolver

MAX_LOOKUPS = 10  # 4.6.4; a record that needs more is a permanent error

_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_WITH_LOOKUP = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """The SPF record of a domain, and its result for an address."""

    record: str = ""  # empty if there is none
    result: str = "none"  # pass, fail, softfail, neutral, none; unknown if not evaluated fully
    problem: str = ""  # why receivers cannot use the record; empty if they can


class _PermanentError(Exception):
    """The record is invalid, and receivers ignore it (permerror in RFC 7208)."""


def evaluate(domain: str, address: str | None, resolver: "Resolver") -> SpfResult:
    """Looks up the SPF record of a domain, and evaluates it as a receiver does.

    Args:
        domain: the domain of the envelope's sender.
        address: the IP address that sends. None if unknown: the whole record is checked, and
            the result is unknown.
        resolver: looks up the records.

    Raises:
        DnsError: no name server can be asked.
    """
    evaluation = _Evaluation(ip_address(address) if address else None, resolver)
    try:
        record = _record(domain, resolver)
        if record is None:
            return SpfResult()
    except _PermanentError as error:
        return SpfResult(record="v=spf1 ...", result="unknown", problem=str(error))
    try:
        result = evaluation.result(domain, record) or "neutral"
    except _PermanentError as error:
        return SpfResult(record=record, result="unknown", problem=str(error))
    return SpfResult(
        record=record, result=result if address and not evaluation.is_incomplete else "unknown"
    )


def _record(domain: str, resolver: "Resolver") -> str | None:
    records = [text for text in resolver.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) > 1:
        raise _PermanentError(
            f"{domain} has {len(records)} SPF records, and may have only one; join them"
        )
    return records[0] if records else None


class _Evaluation:
    """The evaluation of one record, with the records that it includes."""

    def __init__(self, address: Address | None, resolver: "Resolver") -> None:
        self._address = address
        self._resolver = resolver
        self._lookups = 0
        self.is_incomplete = False  # a mechanism was skipped, as it needs the message

    def result(self, domain: str, record: str) -> str | None:
        """Returns the result of the first mechanism that matches; None if none does."""
        redirect = None
        for term in record.split()[1:]:
            # A modifier; only "redirect" affects the result (6).
            if "=" in term.partition(":")[0]:
                name, _, value = term.partition("=")
                redirect = value if name.lower() == "redirect" else redirect
                continue
            sign, mechanism = (term[0], term[1:]) if term[0] in _RESULTS else ("+", term)
            if self._matches(domain, mechanism):
                return _RESULTS[sign]
        return self._redirect_result(redirect) if redirect else None

    def _redirect_result(self, domain: str) -> str | None:
        self._count_lookup("redirect")
        if "%" in domain:
            self.is_incomplete = True
            return None
        record = _record(domain, self._resolver)
        if record is None:
            raise _PermanentError(f"redirect={domain}, which has no SPF record")
        return self.result(domain, record)

    def _matches(self, domain: str, mechanism: str) -> bool:
        name, _, value = mechanism.partition(":")
        name, _, prefix = name.partition("/")
        prefix = f"/{prefix}" if prefix.startswith("/") else prefix  # a//64
        name = name.lower()
        if name not in _MECHANISMS:
            raise _PermanentError(f'"{mechanism}" is not valid in an SPF record')
        self._count_lookup(name)
        # Without an address nothing matches, so that the rest of the record is checked, too.
        if name == "all":
            return self._address is not None
        # Macros, ptr and exists depend on the client or the message, so they are not evaluated.
        if "%" in value or name in ("ptr", "exists"):
            self.is_incomplete = True
            return False
        if name in ("ip4", "ip6"):
            return self._is_in_network(value)
        if name == "include":
            record = _record(value, self._resolver)
            if record is None:
                raise _PermanentError(f"include:{value}, which has no SPF record")
            return self.result(value, record) == "pass"
        host, _, length = value.partition("/")
        hosts = [host or domain]
        if name == "mx":
            # At most 10 hosts, 4.6.4.
            hosts = list(self._resolver.exchangers(hosts[0]))[:10]
        return any(self._has_address(name, length or prefix) for name in hosts)

    def _has_address(self, host: str, length: str) -> bool:
        """Whether the sending address is in a network of the host (5.3).

        Args:
            host: the name to look up.
            length: prefix lengths for IPv4 and IPv6, such as `24//64`; both may be missing.
        """
        ipv4_length, _, ipv6_length = length.partition("//")
        if self._address is None:
            return False
        return any(
            self._is_in_network(
                f"{address}/{(ipv6_length or '128') if ':' in address else (ipv4_length or '32')}"
            )
            for address in self._resolver.addresses(host)
        )

    def _is_in_network(self, network_text: str) -> bool:
        try:
            network = ip_network(network_text, strict=False)
        except ValueError:
            raise _PermanentError(f'"{network_text}" is not an IP network') from None
        return self._address is not None and self._address in network

    def _count_lookup(self, name: str) -> None:
        self._lookups += name in _WITH_LOOKUP
        if self._lookups > MAX_LOOKUPS:
            raise _PermanentError(f"it needs more than {MAX_LOOKUPS} DNS lookups; shorten it")
