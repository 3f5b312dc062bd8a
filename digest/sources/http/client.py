"""HTTP client for all sources: rate-limited, bounded, with conditional requests.

It uses the types for addresses and headers of httpx, and the connections of httpcore, on which
httpx is built. It does not use httpx's own client, which decompresses without a limit and cannot
check each redirect. Every request has its own connection, so that no request can use a
connection to an address that is allowed only for another source.
"""

import re
import ssl
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus

import httpcore
import httpx
from msgspec import Struct
from msgspec.structs import replace

from digest.checked_network import Resolve, resolve
from digest.sources.http.backoff import asked_wait, fetch_wait
from digest.sources.http.content_encoding import decode_body
from digest.sources.http.headers import links_in, validators_in
from digest.sources.http.metering import RequestMeter
from digest.sources.http.network_backend import open_network
from digest.sources.http.responses import (
    FetchedResponse,
    FetchError,
    FetchRefused,
    NotModified,
    Validators,
    shown,
)

__all__ = ["Client", "FetchError", "FetchedResponse", "NotModified", "Validators", "user_agent"]

ATTEMPTS = 4
MAX_REDIRECTS = 5

_COMPLETE = (200, 203)
_REDIRECTS = (301, 302, 303, 307, 308)
# Too many requests, and server errors that usually end soon.
_TRANSIENT = (429, 500, 502, 503, 504)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([A-Za-z0-9_.:+-]{1,40})', re.IGNORECASE)


class Client:
    """Sends GET requests, one at a time. Not safe to share between threads.

    Args:
        user_agent: The User-Agent header; see `user_agent`.
        sleep: Waits for the given number of seconds.
        clock: Returns monotonic time in seconds.
        jitter: Returns a random number in [0, 1).
        timeout: Seconds for one connect, read or write.
        total: Seconds for one `get`, including redirects, attempts and waits.
        max_raw: Maximum bytes of one response as sent, including headers.
        max_decoded: Maximum bytes of a decompressed body.
        attempts: Maximum number of requests for one address, if errors are transient.
        resolve: Returns the addresses of a host name.
        backend: Opens connections; None: real ones.
        ssl_context: The trusted certificate authorities; None: those of the system and certifi.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        jitter: Callable[[], float],
        timeout: float = 30.0,
        total: float = 120.0,
        max_raw: int = 32 * 2**20,
        max_decoded: int = 64 * 2**20,
        attempts: int = ATTEMPTS,
        resolve: Resolve = resolve,
        backend: httpcore.NetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._timeout = timeout
        self._total = total
        self._max_raw = max_raw
        self._max_decoded = max_decoded
        self._attempts = attempts
        self._resolve = resolve
        self._backend = backend
        self._given_ssl_context = ssl_context
        self._last_start: dict[bytes, float] = {}  # start of the latest request to each host

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
        total: float | None = None,
        key: tuple[str, str] | None = None,
        meter: RequestMeter | None = None,
    ) -> FetchedResponse | NotModified:
        """Fetches a document; follows redirects and retries transient errors.

        Args:
            url: An http or https address without user name and password.
            accept: The supported media types, as in the Accept header.
            validators: The validators of the stored version; without them the result is never
                `NotModified`.
            trusted: Allow addresses outside the public internet. This does not apply to another
                host to which the server redirects.
            min_interval: Minimum seconds between the starts of two requests to the same host.
            max_decoded: Maximum bytes of the decompressed body; None: that of the client.
            total: Seconds for this call, including redirects, attempts and waits; None: those of the
                client.
            key: Name and value of a header with a key. It is sent over https only, and not to a host
                to which the server redirects.
            meter: Counts each request, also of further attempts, and may refuse it.

        Raises:
            FetchError: There is no usable response after all attempts.
        """
        request = _Request(
            headers=self._headers(accept, validators or Validators()),
            validators=validators or Validators(),
            min_interval=min_interval,
            max_decoded=self._max_decoded if max_decoded is None else max_decoded,
            deadline=self._clock() + (self._total if total is None else total),
            key=key,
            meter=meter,
        )
        for attempt in range(1, self._attempts + 1):
            try:
                return self._follow(_address(url), request, inside=trusted)
            except FetchRefused as refusal:
                raise FetchError(url, str(refusal)) from refusal
            except _PermanentError as error:
                raise FetchError(url, str(error), status=error.status) from None
            except _TransientError as error:
                # The server may ask for a longer wait than ours, but not for a shorter one.
                wait = max(fetch_wait(attempt, jitter=self._jitter()), error.retry_after or 0.0)
                left = request.deadline - self._clock()
                if attempt == self._attempts or wait >= left:
                    raise FetchError(
                        url,
                        self._final_reason(error, attempt, left, total or self._total),
                        status=error.status,
                        retry_after=error.retry_after,
                    ) from error
                self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _follow(
        self, url: httpx.URL, request: "_Request", *, inside: bool
    ) -> FetchedResponse | NotModified:
        """Sends the request and follows redirects; a redirect to another host is not trusted."""
        host = url.raw_host
        for _ in range(1 + MAX_REDIRECTS):
            # Who is redirected away and back has seen a host that must not choose where keys go.
            if url.raw_host != host or url.scheme != "https":
                request = replace(request, key=None)
            response = self._exchange(url, request, inside=inside)
            if not isinstance(response, httpx.URL):
                return response
            inside = inside and response.raw_host == url.raw_host
            url = response
        raise FetchRefused(
            f"redirects more than {MAX_REDIRECTS} times, lastly to {shown(str(url))}"
        )

    def _exchange(
        self, url: httpx.URL, request: "_Request", *, inside: bool
    ) -> FetchedResponse | NotModified | httpx.URL:
        """Sends one request and returns its response; for a redirect, the new address."""
        if request.meter is not None:
            request.meter.take()
        self._wait_turn(url.raw_host, request.min_interval)
        network = open_network(
            resolve=self._resolve,
            inside=inside,
            left=lambda: request.deadline - self._clock(),
            max_raw=self._max_raw,
            backend=self._backend,
        )
        context = self._ssl_context if url.scheme == "https" else None
        limits = dict.fromkeys(("connect", "read", "write"), self._timeout)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [(b"Host", url.netloc), *request.headers]
        if request.key is not None:
            headers.append((request.key[0].encode("ascii"), request.key[1].encode("ascii")))
        try:
            with (
                httpcore.ConnectionPool(ssl_context=context, network_backend=network) as pool,
                pool.stream(
                    "GET", target, headers=headers, extensions={"timeout": limits}
                ) as response,
            ):
                if request.meter is not None:
                    request.meter.note(httpx.Headers(response.headers))
                return _interpreted(url, response, request)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            # httpcore stores the original exception there.
            for cause in error.args:
                if isinstance(cause, ssl.SSLCertVerificationError):
                    raise FetchRefused(
                        f"the certificate of {url.raw_host.decode()} cannot be trusted: {cause.verify_message}"
                    ) from error
            raise _TransientError(" ".join(str(error).split()) or type(error).__name__) from error

    def _wait_turn(self, host: bytes, min_interval: float) -> None:
        """Waits until the host may be asked again, and records the start of the request."""
        last = self._last_start.get(host)
        if last is not None and (wait := last + min_interval - self._clock()) > 0:
            self._sleep(wait)
        self._last_start[host] = self._clock()

    def _headers(self, accept: str, validators: Validators) -> list[tuple[bytes, bytes]]:
        headers = {
            "User-Agent": self._user_agent,
            "Accept": accept or "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            "If-None-Match": validators.etag,
            "If-Modified-Since": validators.last_modified,
        }
        return [(name.encode(), value.encode("ascii")) for name, value in headers.items() if value]

    def _final_reason(
        self, error: "_TransientError", attempt: int, left: float, total: float
    ) -> str:
        """Returns the reason for the user after the last attempt."""
        if error.retry_after is not None and error.retry_after >= left:
            return f"{error}, and asks to wait {error.retry_after:.0f} seconds; try again then"
        if attempt < self._attempts:
            return f"{error}; no complete answer within {total:g} seconds"
        times = f", {self._attempts} times" if self._attempts > 1 else ""
        return f"{error}{times}; try again later"

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return self._given_ssl_context or httpcore.default_ssl_context()


def user_agent(version: str, *, contact: str) -> str:
    """Returns the User-Agent header; it tells the administrator of a server whom to contact.

    Args:
        version: The version of this program.
        contact: An e-mail or web address. Characters that a header cannot contain are removed.
    """
    # Parentheses delimit a comment in the header (RFC 9110, 5.6.5).
    reachable = "".join(char for char in contact if " " <= char <= "~" and char not in "()\\")
    return f"PaperDigest/{version} (+{reachable})"


class _Request(Struct, frozen=True, kw_only=True):
    """What stays the same over the redirects and attempts of one `get`."""

    headers: list[tuple[bytes, bytes]]
    validators: Validators
    min_interval: float
    max_decoded: int
    deadline: float  # on the client's clock
    key: tuple[str, str] | None  # a header with a key, for the first host alone
    meter: RequestMeter | None


class _PermanentError(Exception):
    """The server answered with a status that another attempt will not change."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"answered {_status_words(status)}; check the address")


class _TransientError(Exception):
    """An error that may not occur at the next attempt."""

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(reason)


def _interpreted(
    url: httpx.URL, response: httpcore.Response, request: _Request
) -> FetchedResponse | NotModified | httpx.URL:
    """Returns what a response means; reads its body only if that is the document.

    A redirect returns the new address.
    """
    status = response.status
    headers = httpx.Headers(response.headers)
    if status in _COMPLETE:
        body = decode_body(
            response.iter_stream(),
            coding=headers.get("Content-Encoding", ""),
            limit=request.max_decoded,
        )
        return _fetched(url, headers, body)
    # Without validators, 304 is an error of the server: there is no document to keep.
    if status == HTTPStatus.NOT_MODIFIED and request.validators != Validators():
        newer = validators_in(headers)
        return NotModified(
            url=str(url),
            validators=Validators(
                etag=newer.etag or request.validators.etag,
                last_modified=newer.last_modified or request.validators.last_modified,
            ),
        )
    if status in _REDIRECTS and "Location" in headers:
        return _redirect(url, headers["Location"])
    if status in _TRANSIENT:
        raise _TransientError(
            f"answered {_status_words(status)}",
            status=status,
            retry_after=asked_wait(headers.get("Retry-After", ""), headers.get("Date", "")),
        )
    raise _PermanentError(status)


def _fetched(url: httpx.URL, headers: httpx.Headers, body: bytes) -> FetchedResponse:
    content_type = headers.get("Content-Type", "")
    charset = _CHARSET.search(content_type)
    return FetchedResponse(
        url=str(url),
        body=body,
        content_type=content_type.partition(";")[0].strip().lower(),
        charset=charset[1].lower() if charset else None,
        validators=validators_in(headers),
        links=links_in(url, headers),
    )


def _address(url: str | httpx.URL) -> httpx.URL:
    """Parses an address; raises FetchRefused if it is not one that may be fetched."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchRefused(f"not an address ({error}); write http://… or https://…") from None
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise FetchRefused(f"only http and https addresses are read, not {shown(str(parsed))}")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise FetchRefused(f"there is no port {parsed.port}; correct the address")
    if parsed.userinfo:
        raise FetchRefused("a name and password in an address are not sent; remove them")
    return parsed


def _redirect(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = _address(url.join(location))
    except (FetchRefused, httpx.InvalidURL) as error:
        raise FetchRefused(f"redirects to an address that cannot be read: {error}") from None
    # Over http, anybody between here and the server could change the document.
    if url.scheme == "https" and target.scheme == "http":
        raise FetchRefused(
            f"redirects from https to http, to {shown(str(target))}; nothing was read"
        )
    return target


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
