"""Sends one POST request to an address on the public internet, within limits of time and size."""

import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus

import httpcore
import httpx

from digest.checked_network import resolve
from digest.sources.http.network_backend import open_network
from digest.sources.http.responses import FetchError, FetchRefused

_SECONDS = 10.0  # for one connect, read or write
_TOTAL_SECONDS = 20.0
_MAX_ANSWER = 64 * 1024  # bytes, with the headers; the body is not used


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    user_agent: str,
    clock: Callable[[], float],
    inside: bool = False,
    backend: httpcore.NetworkBackend | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> None:
    """Sends a body; follows no redirect, and tries once.

    Args:
        url: An http or https address without user name and password.
        body: The body.
        headers: ASCII.
        user_agent: The User-Agent header.
        clock: Returns monotonic time in seconds.
        inside: Allow addresses outside the public internet.
        backend: Opens connections; None: real ones.
        ssl_context: The trusted certificate authorities; None: those of the system and certifi.

    Raises:
        FetchError: It cannot be reached, or its answer is no success (2xx).
    """
    deadline = clock() + _TOTAL_SECONDS
    parsed = httpx.URL(url)
    network = open_network(
        resolve=resolve,
        inside=inside,
        left=lambda: deadline - clock(),
        max_raw=_MAX_ANSWER,
        backend=backend,
    )
    context = None
    if parsed.scheme == "https":
        context = ssl_context or httpcore.default_ssl_context()
    sent = {"User-Agent": user_agent, "Connection": "close", **headers}
    try:
        with (
            httpcore.ConnectionPool(network_backend=network, ssl_context=context) as pool,
            pool.stream(
                "POST",
                httpcore.URL(
                    scheme=parsed.raw_scheme,
                    host=parsed.raw_host,
                    port=parsed.port,
                    target=parsed.raw_path,
                ),
                headers=[
                    (b"Host", parsed.netloc),
                    (b"Content-Length", str(len(body)).encode()),
                    *(
                        (name.encode("ascii"), value.encode("ascii"))
                        for name, value in sent.items()
                    ),
                ],
                content=body,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write"), _SECONDS)},
            ) as response,
        ):
            status = response.status
    except FetchRefused as refusal:
        # Without the address: who chose the name must not learn what it means in this network.
        inside_it = "not on the public internet" in str(refusal)
        reason = "its host is not on the public internet" if inside_it else str(refusal)
        raise FetchError(url, reason) from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = str(error) or type(error).__name__
        raise FetchError(url, f"cannot be reached: {reason}") from None
    if not 200 <= status < 300:
        raise FetchError(url, f"answered {_words(status)}", status=status)


def _words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
