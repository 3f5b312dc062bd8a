"""An address as SMTP takes it."""

from functools import lru_cache

from digest.core.subscribers import email_addresses
from digest.errors import InputError


@lru_cache(maxsize=1000)  # a message has the same address in several places
def ascii_address(address: str) -> str:
    """Returns the address as SMTP takes it: a domain in another script becomes punycode.

    Raises:
        InputError: it is not an address, or its local part is not ASCII, which few servers take.
    """
    try:
        converted = email_addresses.ascii_address(address.strip())
    except ValueError as error:
        raise InputError(f"{address!r} is not an e-mail address: {error}") from None
    if "=?" in converted:  # some clients would decode it
        raise InputError(f"{address!r}: an address cannot contain '=?'; use another one")
    return converted
