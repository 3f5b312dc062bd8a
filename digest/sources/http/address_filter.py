"""Which network addresses are outside: the public internet, and nothing else.

Source: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), as
`ipaddress` knows them, and what that leaves open.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_V4_SPECIAL = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; a cloud's metadata service among them
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, deprecated
    IPv4Network("168.63.129.16/32"),  # public, but Azure's service to its own machines
)
_V6_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out
_V6_SPECIAL = (
    IPv6Network("2001::/23"),  # protocol assignments; Teredo, which hides an IPv4 address
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4, deprecated, hides an IPv4 address
    IPv6Network("3fff::/20"),  # documentation
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address


def is_outside(address: str) -> bool:
    """Whether a connection to this address leaves for the public internet.

    False for loopback, private, shared, link-local (metadata services), multicast,
    unspecified, reserved and documentation addresses, for IPv6 forms that carry such an
    IPv4 address, and for whatever is no address at all.
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
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not parsed.is_reserved
        and not any(parsed in network for network in _V4_SPECIAL)
    )


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 host that is meant, where the IPv6 address is only a way of writing it."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
