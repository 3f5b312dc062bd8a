"""One HTTP exchange with a channel: bounded, without redirects, and only with allowed addresses.

httpcore is used directly, because it matters whether anything was sent before a failure: if nothing
was, the message is certainly not delivered; otherwise that is in doubt.
"""

from collections.abc import Callable, Mapping

import httpcore
from msgspec import Struct, field

from digest.checked_network import CheckedNetwork, Resolve, resolve

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read; those of the services have some hundred."""

TIMEOUT = 8.0
"""Seconds of a whole exchange. A stop request, which waits for it, is obeyed within ten."""


class HttpRequest(Struct, frozen=True, kw_only=True):
    """What is sent."""

    url: str
    body: bytes  # JSON
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpAnswer(Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]  # names in small letters


class NoAnswer(Struct, frozen=True, kw_only=True):
    """Why there is no answer, or no whole one."""

    reason: str
    was_sent: bool  # some of the request, perhaps all of it
    refused: bool = False  # the address may not be used; it stays so


class AddressRefusedError(Exception):
    """A host has an address inside the network, which this channel may not use."""


class _Limits:
    """The time that one exchange may still use; notices when something is sent."""

    def __init__(self, clock: Callable[[], float], timeout: float) -> None:
        self._clock = clock
        self._deadline = clock() + timeout
        self.was_sent = False

    def seconds(self, timeout: float | None) -> float:
        del timeout
        left = self._deadline - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("took too long")
        return left

    def before_sending(self) -> None:
        self.was_sent = True

    def received(self, size: int) -> None:
        pass


def _refusal(host: str, address: str | None) -> Exception:
    if address is None:
        return httpcore.ConnectError(f"{host} has no address")
    return AddressRefusedError(
        f"{host} is at {address}, which is not on the public internet; if that is"
        " meant, write inside = true for this channel in channels.toml"
    )


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
    limits = _Limits(clock, timeout)
    network = CheckedNetwork(
        resolve=resolve, is_allowed=is_allowed, refusal=_refusal, limits=limits
    )
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
        return NoAnswer(reason=_words(error), was_sent=limits.was_sent)


def _words(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "it did not answer in time"
    return str(error) or "the connection was lost"
