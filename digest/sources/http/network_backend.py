"""The network as one exchange may see it: vetted addresses, a deadline, a bound on bytes.

httpcore asks its backend for a connection by name. Here the name is resolved once, every
address is vetted, and exactly those addresses are connected to; so it does not matter what
the name resolves to a moment later. TLS and the Host header keep the name.
"""

import socket
import ssl
from collections.abc import Callable, Iterable

import httpcore

from digest.sources.http.address_filter import is_outside
from digest.sources.http.responses import FetchRefused

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them, the preferred one first.

    Raises:
        OSError: there is none.
        UnicodeError: it cannot be a name.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Bounds:
    """What one exchange may still take.

    Args:
        left: seconds until the deadline; negative when it has passed.
        max_raw: bytes that may come off the wire, headers and framing included.
    """

    def __init__(self, *, left: Callable[[], float], max_raw: int) -> None:
        self._left = left
        self._max_raw = max_raw
        self._raw = 0

    def seconds(self, timeout: float | None) -> float:
        """The time for one operation.

        Raises:
            httpcore.ReadTimeout: there is none left.
        """
        left = self._left()
        if left <= 0:
            raise httpcore.ReadTimeout("timed out")
        return left if timeout is None else min(timeout, left)

    def take(self, size: int) -> None:
        """Counts bytes that came in.

        Raises:
            Refusal: they are too many.
        """
        self._raw += size
        if self._raw > self._max_raw:
            raise FetchRefused(f"too large: more than {self._max_raw:,} bytes sent")


class Network(httpcore.NetworkBackend):
    """Connects to outside addresses only, or anywhere if `inside` is allowed."""

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
        """A connection to the first address of the host that takes one.

        Raises:
            Refusal: one of its addresses is inside the network.
            httpcore.ConnectError, httpcore.ConnectTimeout: it cannot be reached.
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
        for address in addresses:
            if not (self._inside or is_outside(address)):
                raise FetchRefused(
                    f"{host} is at {address}, which is not on the public internet; if that is "
                    "meant, mark the source as trusted in sources.toml and give this address there"
                )
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection within its bounds."""

    def __init__(self, stream: httpcore.NetworkStream, bounds: Bounds) -> None:
        self._stream = stream
        self._bounds = bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._bounds.seconds(timeout))
        self._bounds.take(len(data))
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
