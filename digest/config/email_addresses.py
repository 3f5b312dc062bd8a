"""Names with e-mail addresses, and other text that ends in a header of a message."""

from msgspec import Struct

from digest.core.subscribers.email_addresses import UNPRINTABLE, check_address
from digest.late_patterns import late_pattern

_UNPRINTABLE = late_pattern(f"[{UNPRINTABLE}]")


class NamedAddress(Struct, frozen=True, kw_only=True):
    """An address with the name that mail programs show beside it."""

    name: str  # may be empty
    address: str


def parse_mailbox(text: str) -> NamedAddress:
    """`Name <address>` or a bare address.

    Raises:
        ValueError: it is neither; says why.
    """
    # The last "<", because a name in quotes may contain others.
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
    """The text, stripped, if a header may contain it.

    Raises:
        ValueError: it holds control characters, or an encoded word (RFC 2047), in which
            control characters can hide.
    """
    if not text.isprintable() and _UNPRINTABLE.search(text):
        raise ValueError("contains control characters; write plain text on one line")
    if "=?" in text:
        raise ValueError('contains "=?", which mail programs would decode; write plain text')
    return text.strip()
