"""Checks of `digest doctor`: SPF, DKIM, DMARC and reverse DNS of the sender's domain.

These are the requirements of mail providers: https://support.google.com/a/answer/81126 and
https://senders.yahooinc.com/best-practices/.
"""

import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from digest.app.messages import message_headers
from digest.config.settings.loader import Settings
from digest.doctor.findings import CheckContext, CheckResult, ok, problem, warning
from digest.mail.authentication.dkim_signer import parse_tags as tags_of
from digest.mail.authentication.spf import look_up
from digest.mail.message.smtp_address import ascii_address

if TYPE_CHECKING:
    from digest.mail.authentication.dkim_keys import Key
    from digest.mail.authentication.dns_resolver import Resolver

MIN_RSA_BITS = 2048

# Names that belong to nobody: RFC 2606 and RFC 6761.
_RESERVED = ("example", "test", "invalid", "localhost", "local", "internal")
_EXAMPLES = ("example.com", "example.net", "example.org")


class _Dmarc(Struct, frozen=True, kw_only=True):
    domain: str  # of the organisation: the one with the record nearest to the root of the DNS
    tags: dict[str, str]  # empty if there is no record

    def aligned(self, domain: str, *, sender: str, strict: bool) -> bool:
        """Returns whether `domain` is aligned with a From at `sender` (RFC 7489, 3.1)."""
        if strict:
            return domain == sender
        return domain == self.domain or domain.endswith(f".{self.domain}")


def check_sender(context: CheckContext) -> Iterator[CheckResult]:
    """Checks the sender's DNS records as a mail provider does."""
    settings = context.settings()
    skipped = _why_not_checked(settings)
    if skipped is not None:
        yield skipped
        return
    resolver = _resolver(context)
    domain = _domain(settings)
    return_domain = message_headers.plain_return_path(settings).rpartition("@")[2].lower()
    dmarc = _find_dmarc(domain, resolver)
    yield from _return_path(return_domain, resolver)
    hosts = _hosts(context, settings, resolver)
    yield from _spf(settings, return_domain, hosts, resolver)
    yield from _dkim(settings, domain, dmarc, resolver)
    yield from _dmarc(settings, domain, return_domain, dmarc)
    yield from _reverse(settings, hosts, resolver)


def check_list_sender(
    context: CheckContext, settings: Settings, *, name: str, usual: Settings
) -> Iterator[CheckResult]:
    """Checks the DNS records of the sender of a mailing list, which has a domain or key of its own.

    Args:
        context: how the outside world is reached.
        settings: those of the home, with the sender and the key of the list.
        name: the list.
        usual: those of the home.
    """
    for result in _of_list(context, settings, name, usual):
        yield replace(result, text=f"{name}: {result.text}")


def _of_list(
    context: CheckContext, settings: Settings, name: str, usual: Settings
) -> Iterator[CheckResult]:
    skipped = _why_not_checked(settings)
    if skipped is not None:
        # The check of the usual sender says that messages stay here.
        if _why_not_checked(usual) is None:
            yield skipped
        return
    resolver, domain = _resolver(context), _domain(settings)
    return_domain = message_headers.plain_return_path(settings).rpartition("@")[2].lower()
    dmarc = _find_dmarc(domain, resolver)
    if return_domain != message_headers.plain_return_path(usual).rpartition("@")[2].lower():
        yield from _return_path(return_domain, resolver)
        yield from _spf(settings, return_domain, _hosts(context, settings, resolver), resolver)
    remedy = f"make a key for {domain} with: digest dkim new --list {name}"
    yield from _dkim(settings, domain, dmarc, resolver, what="its sender", remedy=remedy)
    yield from _dmarc(settings, domain, return_domain, dmarc)


def _domain(settings: Settings) -> str:
    """Returns the domain of the sender, ASCII."""
    address = settings.from_.address if settings.from_ else ""
    return ascii_address(address).rpartition("@")[2].lower()


def _why_not_checked(settings: Settings) -> CheckResult | None:
    """Returns why the records of the sender do not matter; None if they do."""
    if settings.delivery_problem() or settings.from_ is None:
        return warning("not looked at, as nothing can be sent yet")
    # Nobody receives these messages from this domain, so its records do not matter.
    if settings.delivery.startswith(("maildir:", "file:")):
        return ok("not checked, because messages stay on this machine")
    domain = _domain(settings)
    if domain.endswith(_EXAMPLES) or domain.rpartition(".")[2] in _RESERVED:
        return warning(
            f"not looked at: {domain} is a name for examples, and no provider takes mail from it;"
            " set DIGEST_FROM to an address of yours"
        )
    return None


def _resolver(context: CheckContext) -> "Resolver":
    if context.resolver is not None:
        return context.resolver
    # Imported only here: most commands ask no name server.
    from digest.mail.authentication.dns_resolver import DnsResolver

    return DnsResolver()


def _find_dmarc(domain: str, resolver: "Resolver") -> _Dmarc:
    """Finds the policy and the organisation's domain (RFC 7489) by walking up the DNS tree."""
    labels = domain.split(".")
    tags: dict[str, str] = {}
    organisation = domain
    # Not down to the top-level domain: a policy there is not one of this organisation.
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        texts = resolver.txt_records(f"_dmarc.{name}")
        records = [text for text in texts if text.startswith("v=DMARC1")]
        if len(records) == 1:  # several records count as none (RFC 7489, 6.6.3)
            organisation = name
            tags = tags or tags_of(records[0])
    return _Dmarc(domain=organisation, tags=tags)


def _return_path(domain: str, resolver: "Resolver") -> Iterator[CheckResult]:
    # A domain without MX receives mail at its own address (RFC 5321, 5.1).
    if not (resolver.mx_hosts(domain) or resolver.addresses(domain)):
        yield problem(
            f"return path: no mail can come back to {domain}, and providers refuse such senders;"
            " publish an MX record, or set DIGEST_BOUNCES to an address that is read"
        )


def _hosts(context: CheckContext, settings: Settings, resolver: "Resolver") -> tuple[str, ...]:
    """Returns the IP addresses that messages are sent from; none if they are not known."""
    if settings.delivery == "smtp" and settings.smtp_host and not settings.uses_local_relay:
        try:
            return (str(ip_address(settings.smtp_host)),)
        except ValueError:
            return resolver.addresses(settings.smtp_host)
    address = context.own_address()
    # Behind a router, the provider sees the address of the router, which cannot be found out here
    # without asking somebody outside.
    return (address,) if address and ip_address(address).is_global else ()


def _spf(
    settings: Settings, domain: str, hosts: tuple[str, ...], resolver: "Resolver"
) -> Iterator[CheckResult]:
    policy = look_up(domain, resolver)
    if not policy.record:
        text = f'SPF: {domain} says nothing of who may send for it; publish a TXT record such as "'
        text += "v=spf1 " + " ".join(f"ip{4 if '.' in host else 6}:{host}" for host in hosts)
        text = text.rstrip() + (' -all"' if hosts else ' include:YOUR-PROVIDER -all"')
        # A valid DKIM signature is sufficient for DMARC; without both, messages are refused.
        yield warning(text) if settings.dkim_key else problem(text)
        return
    if policy.problem:
        yield problem(f"SPF: {domain}: {policy.problem}; until then, receivers ignore it")
        return
    # Some guides recommend it to "repair" SPF. It makes every forgery pass.
    if {"+all", "all"} & set(policy.record.lower().split()):
        yield problem(f'SPF: {domain}: "+all" lets the whole world send for it; write "-all"')
        return
    not_covered = [host for host in hosts if not policy.may_allow(host)]
    if not hosts:
        yield ok(f'SPF: {domain}: "{policy.record}"; which address messages come from is not known')
    elif not not_covered:
        yield ok(f"SPF: {domain} lets {', '.join(hosts)} send")
    else:
        text = f'SPF: {domain}: "{policy.record}" does not name {", ".join(not_covered)}'
        if settings.uses_local_relay:
            yield problem(f"{text}, where messages come from; add it")
        else:
            yield warning(
                f"{text} ({settings.smtp_host}); if it sends from other addresses, its operator says"
                " which include: to write"
            )


def _dkim(
    settings: Settings,
    sender: str,
    dmarc: _Dmarc,
    resolver: "Resolver",
    *,
    what: str = "DIGEST_FROM",
    remedy: str = "unset DIGEST_DKIM_DOMAIN",
) -> Iterator[CheckResult]:
    if settings.dkim_key is None:
        yield warning(
            "DKIM: messages are not signed here; if your mail server does not sign them either,"
            " make a key with: digest dkim new"
        )
        return
    from digest.mail.authentication import dkim_keys

    key = dkim_keys.read_key(settings.dkim_key)
    domain = settings.dkim_domain or sender
    name = dkim_keys.dns_record_name(selector=settings.dkim_selector, domain=domain)
    if settings.dkim_key.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warning(f"DKIM: others on this machine can read {settings.dkim_key}; chmod 600 it")
    record = dkim_keys.dns_record(key)
    yield from _published(key, settings.dkim_key, name, record, resolver.txt_records(name))
    # RFC 8301 requires 1,024 bits and recommends 2,048; Gmail refuses fewer than 1,024.
    if isinstance(key, dkim_keys.RsaKey) and key.private_key.key_size < MIN_RSA_BITS:
        yield warning(
            f"DKIM: a key of {key.private_key.key_size} bits is weak; make one under another selector:"
            " digest dkim new"
        )
    if isinstance(key, dkim_keys.Ed25519Key):
        yield warning(
            "DKIM: not every provider verifies Ed25519, and to those messages are unsigned; an RSA"
            " key is understood everywhere"
        )
    if not dmarc.aligned(domain, sender=sender, strict=dmarc.tags.get("adkim") == "s"):
        yield problem(
            f"DKIM: signed by {domain}, which does not vouch for {what} on {sender}; {remedy}"
        )


def _published(
    key: "Key", file: Path, name: str, record: str, published: tuple[str, ...]
) -> Iterator[CheckResult]:
    remedy = f"publish this TXT record at {name}: {record}"
    tags = tags_of(published[0]) if published else {}
    if not published:
        yield problem(f"DKIM: no key is published, so providers distrust each message; {remedy}")
    elif len(published) > 1:
        yield problem(f"DKIM: {name} has {len(published)} TXT records, and may have one; {remedy}")
    elif not tags.get("p"):
        yield problem(f"DKIM: the key at {name} is withdrawn, or the record is broken; {remedy}")
    # The usual mistake after a new key: the record still has the old one.
    elif tags["p"] != key.public_key or tags.get("k", "rsa") != key.algorithm:
        yield problem(f"DKIM: the key at {name} is not that of {file}; {remedy}")
    elif "sha256" not in tags.get("h", "sha256").split(":"):
        yield problem(f"DKIM: the record at {name} forbids SHA-256; {remedy}")
    else:
        yield ok(f"DKIM: the key at {name} is that of {file}")
        if "y" in tags.get("t", "").split(":"):
            yield warning(f"DKIM: the record at {name} says t=y, only a test; take that out")


def _dmarc(
    settings: Settings, domain: str, return_domain: str, dmarc: _Dmarc
) -> Iterator[CheckResult]:
    if not dmarc.tags:
        yield warning(
            f"DMARC: {domain} has no policy, which the large providers ask for; publish a TXT"
            f' record at _dmarc.{domain}: "v=DMARC1; p=none"'
        )
        return
    policy = dmarc.tags.get("p", "")
    # A receiver ignores a record with another value, as if there were none (RFC 7489, 6.6.3).
    if policy.lower() not in ("none", "quarantine", "reject"):
        yield problem(f'DMARC: {domain}: p={policy or "(nothing)"} is no policy; write "p=none"')
        return
    signed = settings.dkim_key is not None
    if not signed and not dmarc.aligned(
        return_domain, sender=domain, strict=dmarc.tags.get("aspf") == "s"
    ):
        action = "ignores" if policy == "none" else "refuses"
        yield problem(
            f"DMARC: neither a signature nor the return path at {return_domain} vouches for {domain},"
            f" whose policy {action} such messages (p={policy}); make a key with: digest dkim new"
        )
    else:
        yield ok(f"DMARC: {domain}: p={policy}")


def _reverse(
    settings: Settings, hosts: tuple[str, ...], resolver: "Resolver"
) -> Iterator[CheckResult]:
    sends_directly = settings.uses_local_relay
    if not hosts:
        if sends_directly:
            yield warning(
                "reverse DNS: the address that messages come from is not known, as this machine has"
                " a private one; see that it has a name that leads back to it"
            )
        return
    for host in hosts:
        names = resolver.host_names(host)
        # Only a name that leads back counts: anybody can publish a name for an address of theirs.
        confirmed = [name for name in names if host in resolver.addresses(name)]
        if confirmed:
            yield ok(f"reverse DNS: {host} is {confirmed[0]}, and {confirmed[0]} is {host}")
            continue
        fault = f"is called {names[0]}, which does not lead back to it" if names else "has no name"
        text = f"reverse DNS: {host} {fault}; providers refuse mail from such addresses"
        if sends_directly:
            yield problem(f"{text}: have whose network it is publish a PTR record")
        else:
            yield warning(f"{text}, if {settings.smtp_host} sends from there: ask its operator")
