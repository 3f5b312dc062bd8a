"""The network of one exchange with a source: public addresses only, within time and bytes."""

from collections.abc import Callable

import httpcore

from digest.checked_network import CheckedNetwork, Resolve
from digest.core.network_addresses import is_public
from digest.sources.http.responses import FetchRefused


def open_network(
    *,
    resolve: Resolve,
    inside: bool,
    left: Callable[[], float],
    max_raw: int,
    backend: httpcore.NetworkBackend | None = None,
) -> CheckedNetwork:
    """Returns the network of one exchange.

    Args:
        resolve: returns the addresses of a host name.
        inside: addresses that are not public may be used too.
        left: returns the seconds until the deadline; negative after it.
        max_raw: maximum bytes to receive, including headers and framing.
        backend: opens the connections.
    """
    return CheckedNetwork(
        resolve=resolve,
        is_allowed=lambda address: inside or is_public(address),
        refusal=_refusal,
        limits=_Limits(left, max_raw),
        backend=backend,
    )


def _refusal(host: str, address: str | None) -> FetchRefused:
    if address is None:
        return FetchRefused(f"{host[:80]!r} cannot be a host's name; correct the address")
    return FetchRefused(
        f"{host} is at {address}, which is not on the public internet; if that is "
        "meant, mark the source as trusted in sources.toml and give this address there"
    )


class _Limits:
    """The time and bytes that one exchange may still use."""

    def __init__(self, left: Callable[[], float], max_raw: int) -> None:
        self._left = left
        self._max_raw = max_raw
        self._raw = 0

    def seconds(self, timeout: float | None) -> float:
        left = self._left()
        if left <= 0:
            raise httpcore.ReadTimeout("timed out")
        return left if timeout is None else min(timeout, left)

    def before_sending(self) -> None:
        pass

    def received(self, size: int) -> None:
        self._raw += size
        if self._raw > self._max_raw:
            raise FetchRefused(f"too large: more than {self._max_raw:,} bytes sent")
