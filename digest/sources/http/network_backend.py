"""httpcore network backend that checks addresses and limits time and bytes of an exchange.

httpcore asks its backend to connect to a host name. This backend resolves the name once, checks
every address, and connects to exactly those addresses, so it does not matter what the name
resolves to a moment later. TLS and the Host header still use the name.
"""

import socket
import ssl
from collections.abc import Callable, Iterable

import httpcore

from digest.core.network_addresses import is_public
from digest.sources.http.responses import FetchRefused

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Returns the addresses of a host name from the system's resolver, the preferred one first.

    Raises:
        OSError: The name has no address.
        UnicodeError: The text cannot be a host name.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


class Bounds:
    """The time and bytes that one exchange may still use.

    Args:
        left: Returns the seconds until the deadline; negative after it.
        max_raw: Maximum bytes to receive, including headers and framing.
    """

    def __init__(self, *, left: Callable[[], float], max_raw: int) -> None:
        self._left = left
        self._max_raw = max_raw
        self._raw = 0

    def seconds(self, timeout: float | None) -> float:
        """Returns the seconds that one operation may take.

        Raises:
            httpcore.ReadTimeout: The deadline has passed.
        """
        left = self._left()
        if left <= 0:
            raise httpcore.ReadTimeout("timed out")
        return left if timeout is None else min(timeout, left)

    def count_received(self, size: int) -> None:
        """Adds a number of received bytes.

        Raises:
            FetchRefused: The total is above the maximum.
        """
        self._raw += size
        if self._raw > self._max_raw:
            raise FetchRefused(f"too large: more than {self._max_raw:,} bytes sent")


class Network(httpcore.NetworkBackend):
    """Connects only to public addresses, or to any address if `inside` is true."""

    def __init__(
        self,
        *,
        resolve: Resolve,
        backend: httpcore.NetworkBackend,
        inside: bool,
        bounds: Bounds,
    ) -> None:
        self._resolve = resolve
        self._backend = backend
        self._inside = inside
        self._bounds = bounds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to the first address of the host that accepts a connection.

        Raises:
            FetchRefused: One of the addresses is not public.
            httpcore.ConnectError, httpcore.ConnectTimeout: The host cannot be reached.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._vetted(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    timeout=self._bounds.seconds(timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._bounds)
        raise failure

    def _vetted(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError:
            raise FetchRefused(
                f"{host[:80]!r} cannot be a host's name; correct the address"
            ) from None
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error.strerror}") from error
        # One private address is enough to refuse, because the connection may use any of them.
        for address in addresses:
            if not (self._inside or is_public(address)):
                raise FetchRefused(
                    f"{host} is at {address}, which is not on the public internet; if that is "
                    "meant, mark the source as trusted in sources.toml and give this address there"
                )
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection that respects the bounds of its exchange."""

    def __init__(self, stream: httpcore.NetworkStream, bounds: Bounds) -> None:
        self._stream = stream
        self._bounds = bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._bounds.seconds(timeout))
        self._bounds.count_received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._bounds.seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._bounds.seconds(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._bounds)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
