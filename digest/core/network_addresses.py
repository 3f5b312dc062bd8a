"""Decides which network addresses are on the public internet.

Source: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), as implemented
by `ipaddress`, and the ranges below, which it does not exclude.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4_SPECIAL = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; includes a cloud's metadata service
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, deprecated
    IPv4Network("168.63.129.16/32"),  # public, but used by Azure for a service inside its network
)
_V6_UNICAST = IPv6Network("2000::/3")  # all global addresses that IANA has assigned
_V6_SPECIAL = (
    IPv6Network("2001::/23"),  # protocol assignments; Teredo, which contains an IPv4 address
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, deprecated, contains an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address


def is_address(text: str) -> bool:
    """Returns whether a text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Returns whether an address is on the public internet.

    False for loopback, private, shared, link-local (metadata services), multicast,
    unspecified, reserved and documentation addresses, for IPv6 addresses that contain such an
    IPv4 address, and for text that is not an address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        embedded = _embedded(parsed)
        if embedded is None:
            return (
                parsed in _V6_UNICAST
                and parsed.is_global
                and not any(parsed in network for network in _V6_SPECIAL)
            )
        parsed = embedded
    # `is_global` is also true for multicast.
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not parsed.is_reserved
        and not any(parsed in network for network in _V4_SPECIAL)
    )


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Returns the IPv4 address that an IPv6 address stands for; None if it is a real one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
