"""One HTTP exchange with a channel: bounded, without redirects, and only with allowed addresses.

httpcore is used directly, because it matters whether anything was sent before a failure: if nothing
was, the message is certainly not delivered; otherwise that is in doubt.
"""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import httpcore

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; those of the services have some hundred."""

TIMEOUT = 8.0
"""Seconds of a whole exchange. A stop request, which waits for it, is obeyed within ten."""

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What is sent."""

    url: str
    body: bytes  # JSON
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]  # names in small letters


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Why there is no answer, or no whole one."""

    reason: str
    was_sent: bool  # some of the request, perhaps all of it
    refused: bool = False  # the address may not be used; it stays so


class AddressRefusedError(Exception):
    """A host has an address inside the network, which this channel may not use."""


class _Exchange(httpcore.NetworkBackend):
    """Connects to the checked addresses of a host, and notices when something is sent."""

    def __init__(
        self,
        *,
        resolve: Resolve,
        is_allowed: Callable[[str], bool],
        clock: Callable[[], float],
        timeout: float,
    ) -> None:
        self._backend = httpcore.SyncBackend()
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._clock = clock
        self._deadline = clock() + timeout
        self.was_sent = False

    def seconds(self) -> float:
        """Returns the seconds that are left.

        Raises:
            httpcore.ReadTimeout: None are.
        """
        left = self._deadline - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("took too long")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects to the first address that accepts a connection."""
        del timeout
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        # The name is resolved once, and the connection is made to what was checked.
        for address in self._vetted(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, self.seconds(), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self)
        raise failure

    def _vetted(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"{host} has no address") from None
        # One such address is enough to refuse: the connection may use any of them.
        for address in addresses:
            if not self._is_allowed(address):
                raise AddressRefusedError(
                    f"{host} is at {address}, which is not on the public internet; if that is"
                    " meant, write inside = true for this channel in channels.toml"
                )
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection that respects the deadline of its exchange."""

    def __init__(self, stream: httpcore.NetworkStream, exchange: _Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, self._exchange.seconds())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        seconds = self._exchange.seconds()
        self._exchange.was_sent = True
        self._stream.write(buffer, seconds)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        seconds = self._exchange.seconds()
        stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return _Stream(stream, self._exchange)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int) -> list[str]:
    """Returns the addresses of a host name from the system's resolver.

    Raises:
        OSError: The name has no address.
        UnicodeError: The text cannot be a host name.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


def exchange(
    request: HttpRequest,
    *,
    is_allowed: Callable[[str], bool],
    clock: Callable[[], float],
    resolve: Resolve = resolve,
    timeout: float = TIMEOUT,
) -> HttpAnswer | NoAnswer:
    """Sends a request on a connection of its own, and reads the answer.

    Args:
        request: what to send.
        is_allowed: whether a network address may be used.
        clock: seconds that never go back.
        resolve: returns the addresses of a host name.
        timeout: seconds for all of it.
    """
    network = _Exchange(resolve=resolve, is_allowed=is_allowed, clock=clock, timeout=timeout)
    headers: list[tuple[bytes | str, bytes | str]] = [
        ("Content-Type", "application/json"),
        ("User-Agent", "paper-digest"),
        ("Accept", "application/json"),
        *request.headers.items(),
    ]
    try:
        context = httpcore.default_ssl_context() if request.url.startswith("https:") else None
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=network) as pool,
            pool.stream(
                request.method, request.url, headers=headers, content=request.body
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > MAX_ANSWER:
                    break
            return HttpAnswer(
                status=response.status,
                body=bytes(body),
                headers={
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                },
            )
    except AddressRefusedError as error:
        return NoAnswer(reason=str(error), was_sent=False, refused=True)
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError) as error:
        return NoAnswer(reason=f"cannot be asked: {error}", was_sent=False, refused=True)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        return NoAnswer(reason=_words(error), was_sent=network.was_sent)


def _words(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "it did not answer in time"
    return str(error) or "the connection was lost"
