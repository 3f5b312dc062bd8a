"""E-mail addresses as this program accepts them, judged without the network.

The common form of RFC 5321 and RFC 5322: a dot-atom in ASCII, `@`, a domain name. Quoted
local parts, comments and address literals are valid there and refused here: no provider
gives them out, and each is a known way to smuggle something into a header.
"""

import re
from contextlib import suppress

from digest.address_spellings import LOCAL_CHARACTERS, MASK
from digest.late_patterns import late_pattern

_ATOM = f"[{LOCAL_CHARACTERS}]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
# Control characters, line separators and lone surrogates.
UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_FORBIDDEN = late_pattern(rf"[{UNPRINTABLE}\s]")


def check_address(text: str) -> str:
    """Returns the address unchanged.

    Raises:
        ValueError: it is not an address; says why.
    """
    ascii_address(text)
    return text


def ascii_address(text: str) -> str:
    """Returns the address as SMTP takes it: a domain in another script becomes punycode.

    Raises:
        ValueError: it is not an address; says why.
    """
    local, at, domain = text.rpartition("@")
    if not at or "@" in local:
        raise ValueError('must have exactly one "@", as in ada@example.org')
    # Of these characters, the space alone is printable. The pattern takes longer to compile.
    if (" " in text or not text.isprintable()) and _FORBIDDEN.search(text):
        raise ValueError("contains spaces or control characters")
    if len(local) > 64 or not _LOCAL.fullmatch(local):
        raise ValueError(
            'the part before "@" must be 1 to 64 unaccented letters, digits or signs,'
            " with single dots between them"
        )
    # Neither could be told from other text in a log, so it would not be masked there.
    if MASK in local:
        raise ValueError(f'contains "{MASK}": it was masked in a log; write the whole address')
    if local.endswith("/"):
        raise ValueError('must not have a "/" before the "@"')
    known = ascii_domain(domain)
    if known is None:
        raise ValueError('the part after "@" must be a domain name such as example.org')
    address = f"{local}@{known}"
    # RFC 5321, section 4.5.3.1.3: 256 octets, with the two angle brackets.
    if len(address) > 254:
        raise ValueError("longer than 254 characters, which no server accepts")
    return address


def domain_spellings(address: str) -> frozenset[str]:
    """Returns the spellings of the domain of an accepted address: as given, as punycode, as Unicode."""
    domain = address.rpartition("@")[2]
    known = ascii_domain(domain) or domain
    spelled = {domain, known}
    if "xn--" in known.lower():
        import idna

        with suppress(UnicodeError):  # punycode that no name is written as
            spelled.add(idna.decode(known))
    return frozenset(spelled)


def ascii_domain(domain: str) -> str | None:
    """Returns the domain as DNS knows it; None if it cannot be one."""
    if not domain.isascii():
        import idna

        try:
            # IDNA 2008: Python's own codec is that of 2003, and turns ß into ss.
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    if domain.lower() == "localhost":
        return domain
    named = _DOMAIN.fullmatch(domain) and len(domain) <= 253
    # A domain that ends in a number would be an IPv4 address.
    return domain if named and not domain.rpartition(".")[2].isdigit() else None
