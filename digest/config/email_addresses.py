"""E-mail addresses as this program accepts them, judged without the network.

The common form of RFC 5321 and RFC 5322: a dot-atom in ASCII, `@`, a domain name. Quoted
local parts, comments and address literals are valid there and refused here: no provider
gives them out, and each is a known way to smuggle something into a header.
"""

import re
from dataclasses import dataclass

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Control characters, line separators and lone surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAddress:
    """An address with the name that mail programs show beside it."""

    name: str  # may be empty
    address: str


def check_address(text: str) -> str:
    """The address, unchanged.

    Raises:
        ValueError: it is none; says why.
    """
    local, at, domain = text.rpartition("@")
    if not at or "@" in local:
        raise ValueError('must have exactly one "@", as in ada@example.org')
    if _UNPRINTABLE.search(text) or any(character.isspace() for character in text):
        raise ValueError("contains spaces or control characters")
    if len(local) > 64 or not _LOCAL.fullmatch(local):
        raise ValueError(
            'the part before "@" must be 1 to 64 unaccented letters, digits or signs,'
            " with single dots between them"
        )
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        raise ValueError('the part after "@" must be a domain name such as example.org')
    if len(local) + 1 + len(ascii_domain) > 254:
        raise ValueError("longer than 254 characters, which no server accepts")
    return text


def parse_mailbox(text: str) -> NamedAddress:
    """`Name <address>` or a bare address.

    Raises:
        ValueError: it is neither; says why.
    """
    name, opened, address = text.strip().rpartition("<")
    if not opened:
        return NamedAddress(name="", address=check_address(address))
    if not address.endswith(">"):
        raise ValueError('must end in ">" after the address, as in Ada <ada@example.org>')
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return NamedAddress(name=check_line(name), address=check_address(address[:-1].strip()))


def check_line(text: str) -> str:
    """The text, stripped, if it may stand in a header.

    Raises:
        ValueError: it holds control characters, or an encoded word (RFC 2047), in which
            control characters can hide.
    """
    if _UNPRINTABLE.search(text):
        raise ValueError("contains control characters; write plain text on one line")
    if "=?" in text:
        raise ValueError('contains "=?", which mail programs would decode; write plain text')
    return text.strip()


def _ascii_domain(domain: str) -> str | None:
    """The domain as DNS knows it; None if it cannot be one."""
    if not domain.isascii():
        import idna

        try:
            # IDNA 2008: Python's own codec is that of 2003, and turns ß into ss.
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    if domain.lower() == "localhost":
        return domain
    labels = domain.split(".")
    named = len(labels) > 1 and not labels[-1].isdigit() and len(domain) <= 253
    return domain if named and all(map(_LABEL.fullmatch, labels)) else None
