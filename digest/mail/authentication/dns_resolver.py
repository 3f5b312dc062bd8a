"""The DNS, as far as mail needs it: what is published, or that there is no such name."""

from collections.abc import Callable
from typing import Any, Protocol

import dns.exception
import dns.resolver
import dns.reversename

from digest.errors import DnsError

SECONDS = 5.0  # for one question, with all its repetitions


class Resolver(Protocol):
    """Answers, or nothing where there is none; DnsError when nobody can be asked."""

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records, each with its strings joined."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Of a host, IPv4 and IPv6."""

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain (MX)."""

    def names(self, address: str) -> tuple[str, ...]:
        """The names of an address (PTR)."""


class DnsResolver:
    """Asks the name servers that this machine is set up with."""

    def __init__(self) -> None:
        self._resolver: dns.resolver.Resolver | None = None

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records, each with its strings joined."""
        return self._ask(
            name, "TXT", lambda item: b"".join(item.strings).decode("utf-8", "replace")
        )

    def addresses(self, name: str) -> tuple[str, ...]:
        """Of a host, IPv4 and IPv6."""
        return (*self._ask(name, "A", str), *self._ask(name, "AAAA", str))

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain; none if it says that it takes none (RFC 7505)."""
        found = self._ask(name, "MX", lambda item: item.exchange.to_text(omit_final_dot=True))
        return tuple(host for host in found if host not in ("", "."))

    def names(self, address: str) -> tuple[str, ...]:
        """The names of an address."""
        name = dns.reversename.from_address(address).to_text()
        return self._ask(name, "PTR", lambda item: item.target.to_text(omit_final_dot=True))

    def _ask(self, name: str, kind: str, words: Callable[[Any], str]) -> tuple[str, ...]:
        try:
            if self._resolver is None:
                self._resolver = self._reached()
            answer = self._resolver.resolve(name, kind, search=False, lifetime=SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return ()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise _unreachable(f"{kind} of {name}", error) from error
        return tuple(words(item) for item in answer)

    def _reached(self) -> dns.resolver.Resolver:
        """One that knows more than its own network: some answer that nothing else exists."""
        resolver = dns.resolver.Resolver()
        try:
            resolver.resolve(".", "NS", search=False, lifetime=SECONDS)
        except dns.exception.DNSException as error:
            raise _unreachable("the root", error) from error
        return resolver


def _unreachable(what: str, error: Exception) -> DnsError:
    said = " ".join(str(error).split()) or type(error).__name__
    return DnsError(
        f"the DNS cannot be asked for {what}: {said}; look at the network and at"
        " /etc/resolv.conf, and try again"
    )
