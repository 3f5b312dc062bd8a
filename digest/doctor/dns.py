"""What `digest doctor` says of the sender's domain: SPF, DKIM, DMARC, reverse DNS.

What mail providers ask of who sends to them: https://support.google.com/a/answer/81126 and
https://senders.yahooinc.com/best-practices/.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app import message_headers
from digest.config.settings.loader import Settings
from digest.doctor.findings import CheckContext, CheckResult, ok, problem, warning
from digest.mail.authentication.dkim_signer import tags as tags_of
from digest.mail.authentication.spf import look_up
from digest.mail.message import mime

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_keys import Key
    from digest.mail.authentication.dns_resolver import Resolver

GOOD_BITS = 2048

# Names that are nobody's: RFC 2606 and RFC 6761.
_RESERVED = ("example", "test", "invalid", "localhost", "local", "internal")
_EXAMPLES = ("example.com", "example.net", "example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dmarc:
    domain: str  # of the organisation: where the record stands that is nearest to the top
    tags: dict[str, str]  # empty: there is no record

    def covers(self, domain: str, *, of: str, strict: bool) -> bool:
        """Whether `domain` vouches for a From at `of` (RFC 7489, 3.1)."""
        if strict:
            return domain == of
        return domain == self.domain or domain.endswith(f".{self.domain}")


def sender(place: CheckContext) -> Iterator[CheckResult]:
    """What the DNS says of the sender, with the eyes of a mail provider."""
    chosen = place.settings()
    if chosen.delivery_problem() or chosen.from_ is None:
        yield warning("not looked at, as nothing can be sent yet")
        return
    if chosen.delivery.startswith(("maildir:", "file:")):
        yield ok("not looked at, as letters stay on this machine")
        return
    domain = mime.ascii_address(chosen.from_.address).rpartition("@")[2].lower()
    if domain.endswith(_EXAMPLES) or domain.rpartition(".")[2] in _RESERVED:
        yield warning(
            f"not looked at: {domain} is a name for examples, and no provider takes mail from it;"
            " set DIGEST_FROM to an address of yours"
        )
        return
    look = place.resolver
    if look is None:
        from digest.mail.authentication.dns_resolver import DnsResolver

        look = DnsResolver()
    bouncing = message_headers.sender_address(chosen).rpartition("@")[2].lower()
    dmarc = _dmarc_of(domain, look)
    yield from _way_back(bouncing, look)
    hosts = _hosts(place, chosen, look)
    yield from _spf(chosen, bouncing, hosts, look)
    yield from _dkim(chosen, domain, dmarc, look)
    yield from _dmarc(chosen, domain, bouncing, dmarc)
    yield from _reverse(chosen, hosts, look)


def _dmarc_of(domain: str, look: "Resolver") -> _Dmarc:
    """The record that counts, and the organisation's domain (RFC 7489, by a walk up the tree)."""
    labels = domain.split(".")
    tags: dict[str, str] = {}
    top = domain
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        found = [text for text in look.texts(f"_dmarc.{name}") if text.startswith("v=DMARC1")]
        if len(found) == 1:
            top = name
            tags = tags or tags_of(found[0])
    return _Dmarc(domain=top, tags=tags)


def _way_back(domain: str, look: "Resolver") -> Iterator[CheckResult]:
    if not (look.exchangers(domain) or look.addresses(domain)):
        yield problem(
            f"return path: no mail can come back to {domain}, and providers refuse such senders;"
            " publish an MX record, or set DIGEST_BOUNCES to an address that is read"
        )


def _hosts(place: CheckContext, chosen: Settings, look: "Resolver") -> tuple[str, ...]:
    """The addresses that letters come from, as far as can be told."""
    if chosen.delivery == "smtp" and chosen.smtp_host and not chosen.relays_here:
        try:
            return (str(ip_address(chosen.smtp_host)),)
        except ValueError:
            return look.addresses(chosen.smtp_host)
    own = place.own_address()
    return (own,) if own and ip_address(own).is_global else ()


def _spf(
    chosen: Settings, domain: str, hosts: tuple[str, ...], look: "Resolver"
) -> Iterator[CheckResult]:
    read = look_up(domain, look)
    if not read.record:
        text = f'SPF: {domain} says nothing of who may send for it; publish a TXT record such as "'
        text += "v=spf1 " + " ".join(f"ip{4 if '.' in host else 6}:{host}" for host in hosts)
        text = text.rstrip() + (' -all"' if hosts else ' include:YOUR-PROVIDER -all"')
        yield warning(text) if chosen.dkim_key else problem(text)
        return
    if read.problem:
        yield problem(f"SPF: {domain}: {read.problem}; until then, receivers ignore it")
        return
    if {"+all", "all"} & set(read.record.lower().split()):
        yield problem(f'SPF: {domain}: "+all" lets the whole world send for it; write "-all"')
        return
    outside = [host for host in hosts if not read.may_allow(host)]
    if not hosts:
        yield ok(f'SPF: {domain}: "{read.record}"; which address letters come from is not known')
    elif not outside:
        yield ok(f"SPF: {domain} lets {', '.join(hosts)} send")
    else:
        text = f'SPF: {domain}: "{read.record}" does not name {", ".join(outside)}'
        if chosen.relays_here:
            yield problem(f"{text}, where letters come from; add it")
        else:
            yield warning(
                f"{text} ({chosen.smtp_host}); if it sends from other addresses, its operator says"
                " which include: to write"
            )


def _dkim(chosen: Settings, sender: str, dmarc: _Dmarc, look: "Resolver") -> Iterator[CheckResult]:
    if chosen.dkim_key is None:
        yield warning(
            "DKIM: letters are not signed here; if your mail server does not sign them either,"
            " make a key with: digest dkim new"
        )
        return
    from digest.mail.authentication import dkim_keys

    key = dkim_keys.read(chosen.dkim_key)
    domain = chosen.dkim_domain or sender
    name = dkim_keys.record_name(selector=chosen.dkim_selector, domain=domain)
    if chosen.dkim_key.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warning(f"DKIM: others on this machine can read {chosen.dkim_key}; chmod 600 it")
    record = dkim_keys.record(key)
    yield from _published(key, chosen.dkim_key, name, record, look.texts(name))
    if isinstance(key, dkim_keys.RsaKey) and key.private.key_size < GOOD_BITS:
        yield warning(
            f"DKIM: a key of {key.private.key_size} bits is weak; make one under another selector:"
            " digest dkim new"
        )
    if isinstance(key, dkim_keys.Ed25519Key):
        yield warning(
            "DKIM: not every provider verifies Ed25519, and to those letters are unsigned; an RSA"
            " key is understood everywhere"
        )
    if not dmarc.covers(domain, of=sender, strict=dmarc.tags.get("adkim") == "s"):
        yield problem(
            f"DKIM: signed by {domain}, which does not vouch for DIGEST_FROM at {sender}; unset"
            " DIGEST_DKIM_DOMAIN"
        )


def _published(
    key: "Key", file: Path, name: str, record: str, found: tuple[str, ...]
) -> Iterator[CheckResult]:
    publish = f"publish this TXT record at {name}: {record}"
    tags = tags_of(found[0]) if found else {}
    if not found:
        yield problem(f"DKIM: no key is published, so providers distrust each letter; {publish}")
    elif len(found) > 1:
        yield problem(f"DKIM: {name} has {len(found)} TXT records, and may have one; {publish}")
    elif not tags.get("p"):
        yield problem(f"DKIM: the key at {name} is withdrawn, or the record is broken; {publish}")
    elif tags["p"] != key.public or tags.get("k", "rsa") != key.algorithm:
        yield problem(f"DKIM: the key at {name} is not that of {file}; {publish}")
    elif "sha256" not in tags.get("h", "sha256").split(":"):
        yield problem(f"DKIM: the record at {name} forbids SHA-256; {publish}")
    else:
        yield ok(f"DKIM: the key at {name} is that of {file}")
        if "y" in tags.get("t", "").split(":"):
            yield warning(f"DKIM: the record at {name} says t=y, only a test; take that out")


def _dmarc(chosen: Settings, domain: str, bouncing: str, dmarc: _Dmarc) -> Iterator[CheckResult]:
    if not dmarc.tags:
        yield warning(
            f"DMARC: {domain} has no policy, which the large providers ask for; publish a TXT"
            f' record at _dmarc.{domain}: "v=DMARC1; p=none"'
        )
        return
    policy = dmarc.tags.get("p", "")
    if policy.lower() not in ("none", "quarantine", "reject"):
        yield problem(f'DMARC: {domain}: p={policy or "(nothing)"} is no policy; write "p=none"')
        return
    signed = chosen.dkim_key is not None
    if not signed and not dmarc.covers(bouncing, of=domain, strict=dmarc.tags.get("aspf") == "s"):
        what = "ignores" if policy == "none" else "refuses"
        yield problem(
            f"DMARC: neither a signature nor the return path at {bouncing} vouches for {domain},"
            f" whose policy {what} such letters (p={policy}); make a key with: digest dkim new"
        )
    else:
        yield ok(f"DMARC: {domain}: p={policy}")


def _reverse(chosen: Settings, hosts: tuple[str, ...], look: "Resolver") -> Iterator[CheckResult]:
    here = chosen.relays_here
    if not hosts:
        if here:
            yield warning(
                "reverse DNS: the address that letters come from is not known, as this machine has"
                " a private one; see that it has a name that leads back to it"
            )
        return
    for host in hosts:
        names = look.names(host)
        back = [name for name in names if host in look.addresses(name)]
        if back:
            yield ok(f"reverse DNS: {host} is {back[0]}, and {back[0]} is {host}")
            continue
        what = f"is called {names[0]}, which does not lead back to it" if names else "has no name"
        text = f"reverse DNS: {host} {what}; providers refuse mail from such addresses"
        if here:
            yield problem(f"{text}: have whose network it is publish a PTR record")
        else:
            yield warning(f"{text}, if {chosen.smtp_host} sends from there: ask its operator")
