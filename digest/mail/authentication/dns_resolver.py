"""Looks up the DNS records that mail needs: TXT, A, AAAA, MX and PTR."""

from collections.abc import Callable
from typing import Any, Protocol

import dns.exception
import dns.resolver
import dns.reversename

from digest.errors import DnsError

TIMEOUT = 5.0  # seconds for one query with all its retries


class Resolver(Protocol):
    """Looks up records; an empty result means that there are none.

    Every method raises DnsError if no name server can be asked.
    """

    def txt_records(self, name: str) -> tuple[str, ...]:
        """Returns the TXT records of a name, each with its strings joined."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Returns the IPv4 and IPv6 addresses of a host."""

    def mx_hosts(self, name: str) -> tuple[str, ...]:
        """Returns the hosts that accept mail for a domain (MX)."""

    def host_names(self, address: str) -> tuple[str, ...]:
        """Returns the host names of an IP address (PTR)."""


class DnsResolver:
    """Asks the name servers that this machine is configured with."""

    def __init__(self) -> None:
        self._resolver: dns.resolver.Resolver | None = None

    def txt_records(self, name: str) -> tuple[str, ...]:
        """Returns the TXT records of a name, each with its strings joined."""
        return self._query(
            name, "TXT", lambda item: b"".join(item.strings).decode("utf-8", "replace")
        )

    def addresses(self, name: str) -> tuple[str, ...]:
        """Returns the IPv4 and IPv6 addresses of a host."""
        return (*self._query(name, "A", str), *self._query(name, "AAAA", str))

    def mx_hosts(self, name: str) -> tuple[str, ...]:
        """Returns the hosts that accept mail for a domain; none for a null MX (RFC 7505)."""
        hosts = self._query(name, "MX", lambda item: item.exchange.to_text(omit_final_dot=True))
        return tuple(host for host in hosts if host not in ("", "."))

    def host_names(self, address: str) -> tuple[str, ...]:
        """Returns the host names of an IP address (PTR)."""
        name = dns.reversename.from_address(address).to_text()
        return self._query(name, "PTR", lambda item: item.target.to_text(omit_final_dot=True))

    def _query(self, name: str, kind: str, to_text: Callable[[Any], str]) -> tuple[str, ...]:
        try:
            if self._resolver is None:
                self._resolver = self._connected_resolver()
            # The names are complete: no search domain of this machine must be added.
            answer = self._resolver.resolve(name, kind, search=False, lifetime=TIMEOUT)
        # These answers are certain: the record does not exist. All others are errors.
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return ()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise _dns_error(f"{kind} of {name}", error) from error
        return tuple(to_text(item) for item in answer)

    def _connected_resolver(self) -> dns.resolver.Resolver:
        """Returns a resolver that can resolve public names.

        Without a connection to the internet, some local name servers answer that no public name
        exists. A query for the root detects that.
        """
        resolver = dns.resolver.Resolver()
        try:
            resolver.resolve(".", "NS", search=False, lifetime=TIMEOUT)
        except dns.exception.DNSException as error:
            raise _dns_error("the root", error) from error
        return resolver


def _dns_error(query: str, error: Exception) -> DnsError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return DnsError(
        f"the DNS cannot be asked for {query}: {reason}; check the network and"
        " /etc/resolv.conf, and try again"
    )
