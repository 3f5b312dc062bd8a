"""httpcore network backend that checks the addresses of a host, and limits an exchange.

httpcore asks its backend to connect to a host name. This backend resolves the name once, checks
every address, and connects to exactly those addresses, so it does not matter what the name
resolves to a moment later. TLS and the Host header still use the name.
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Protocol

import httpcore

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Returns the addresses of a host name from the system's resolver, the preferred one first.

    Raises:
        OSError: The name has no address.
        UnicodeError: The text cannot be a host name.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


class Limits(Protocol):
    """What one exchange may still use; it may raise its own errors, which reach the caller."""

    def seconds(self, timeout: float | None) -> float:
        """Returns the seconds that one operation may take.

        Raises:
            httpcore.ReadTimeout: None are left.
        """

    def before_sending(self) -> None:
        """Is called before bytes are sent."""

    def received(self, size: int) -> None:
        """Is called with the number of bytes of each read."""


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects only to allowed addresses.

    Args:
        resolve: returns the addresses of a host name.
        is_allowed: whether an address may be used.
        refusal: returns the error for a host with a forbidden address; its address is None if the
            text cannot be a host name.
        limits: of the exchange.
        backend: opens the connections.
    """

    def __init__(
        self,
        *,
        resolve: Resolve,
        is_allowed: Callable[[str], bool],
        refusal: Callable[[str, str | None], Exception],
        limits: Limits,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._refusal = refusal
        self._limits = limits
        self._backend = backend or httpcore.SyncBackend()

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
            Exception: What `refusal` returns, if one of the addresses is forbidden.
            httpcore.ConnectError, httpcore.ConnectTimeout: The host cannot be reached.
        """
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked_addresses(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address,
                    port,
                    timeout=self._limits.seconds(timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._limits)
        raise failure

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except UnicodeError:
            raise self._refusal(host, None) from None
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error.strerror}") from error
        # One forbidden address is enough to refuse, because the connection may use any of them.
        for address in addresses:
            if not self._is_allowed(address):
                raise self._refusal(host, address)
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection that respects the limits of its exchange."""

    def __init__(self, stream: httpcore.NetworkStream, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._limits.seconds(timeout))
        self._limits.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = self._limits.seconds(timeout)
        self._limits.before_sending()
        self._stream.write(buffer, seconds)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._limits.seconds(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._limits)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
