"""Keeps the tests of this process from asking services outside this machine.

Their answers would differ from day to day, and where there is no network each request waits for its
retries. A name that is not of this machine is unknown at once, as it is without a network.
"""

import ipaddress
import socket
from typing import Any

_getaddrinfo = socket.getaddrinfo


def forbid_network() -> None:
    """Makes `socket.getaddrinfo` know only addresses and the names of this machine."""
    socket.getaddrinfo = _local_addresses


def _local_addresses(host: str | bytes | None, *args: Any, **named: Any) -> Any:
    if not _is_local(host):
        if isinstance(host, str):
            host.encode("idna")  # raises what `getaddrinfo` does for what cannot be a name
        raise socket.gaierror(socket.EAI_NONAME, "tests ask no service outside this machine")
    return _getaddrinfo(host, *args, **named)


def _is_local(host: str | bytes | None) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host or "localhost"
    if name == "localhost" or name.endswith(".localhost") or name == socket.gethostname():
        return True
    return _is_address(name)


def _is_address(name: str) -> bool:
    try:
        socket.inet_aton(name)  # also short forms such as 127.1, which tests try
    except OSError:
        pass
    else:
        return True
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
