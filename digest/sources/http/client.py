"""Retrieval: the one HTTP client. Polite, bounded, conditional; it parses nothing.

httpx gives the types for addresses and headers, httpcore, its engine, the connection.
httpx's own client is passed by: it unpacks without a bound and follows redirects by itself.
Every request has a connection of its own, so no request inherits what another was allowed.
"""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType

import httpcore
import httpx

from digest.sources.http import network_backend
from digest.sources.http.backoff import asked_wait, fetch_wait
from digest.sources.http.content_encoding import decoded
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
_TRANSIENT = (429, 500, 502, 503, 504)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([A-Za-z0-9_.:+-]{1,40})', re.IGNORECASE)


class Client:
    """Asks for addresses, one at a time; not to be shared between threads.

    Args:
        user_agent: who asks; see `user_agent`.
        sleep: waits for that many seconds.
        clock: monotonic, seconds.
        jitter: gives a random number in [0, 1).
        timeout: seconds for one connect, read or write.
        total: seconds for one `get`, with its redirects, attempts and waits.
        max_raw: bytes of one answer off the wire, headers included.
        max_decoded: bytes of a body when unpacked.
        resolve: gives a name's addresses.
        backend: connects to an address.
        ssl_context: which authorities are trusted; None: the system's and certifi's.
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
        resolve: network_backend.Resolve = network_backend.resolve,
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
        self._resolve = resolve
        self._backend = backend or httpcore.SyncBackend()
        self._given_ssl_context = ssl_context
        self._last_start: dict[bytes, float] = {}  # of a request, by host

    def get(
        self,
        url: str,
        *,
        accept: str = "",
        validators: Validators | None = None,
        trusted: bool = False,
        min_interval: float = 0.0,
        max_decoded: int | None = None,
    ) -> FetchedResponse | NotModified:
        """The whole answer.

        Args:
            url: http or https, without name and password.
            accept: the media types that are understood, as in the Accept header.
            validators: of the version that is known; without them the answer is never
                `NotModified`.
            trusted: the address may be inside the network. It does not extend to another
                host that it redirects to.
            min_interval: seconds between the starts of two requests to one host.
            max_decoded: bytes, where this answer has a bound of its own.

        Raises:
            FetchError: there is none; transient troubles were retried before.
        """
        ask = _Ask(
            headers=self._headers(accept, validators or Validators()),
            validators=validators or Validators(),
            min_interval=min_interval,
            max_decoded=self._max_decoded if max_decoded is None else max_decoded,
            deadline=self._clock() + self._total,
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._follow(_address(url), ask, inside=trusted)
            except FetchRefused as refusal:
                raise FetchError(url, str(refusal)) from refusal
            except _Answered as answer:
                raise FetchError(url, str(answer), status=answer.status) from None
            except _Trouble as trouble:
                wait = max(fetch_wait(attempt, jitter=self._jitter()), trouble.retry_after or 0.0)
                left = ask.deadline - self._clock()
                if attempt == ATTEMPTS or wait >= left:
                    raise FetchError(
                        url,
                        self._given_up(trouble, attempt, left),
                        status=trouble.status,
                        retry_after=trouble.retry_after,
                    ) from trouble
                self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _follow(
        self, url: httpx.URL, ask: "_Ask", *, inside: bool
    ) -> FetchedResponse | NotModified:
        """Asks, and follows redirects; `inside` ends where another host begins."""
        for _ in range(1 + MAX_REDIRECTS):
            answer = self._exchange(url, ask, inside=inside)
            if not isinstance(answer, httpx.URL):
                return answer
            inside = inside and answer.raw_host == url.raw_host
            url = answer
        raise FetchRefused(
            f"redirects more than {MAX_REDIRECTS} times, lastly to {shown(str(url))}"
        )

    def _exchange(
        self, url: httpx.URL, ask: "_Ask", *, inside: bool
    ) -> FetchedResponse | NotModified | httpx.URL:
        """One request and its answer; an address where that is a redirect."""
        self._pace(url.raw_host, ask.min_interval)
        way = network_backend.Network(
            resolve=self._resolve,
            backend=self._backend,
            inside=inside,
            bounds=network_backend.Bounds(
                left=lambda: ask.deadline - self._clock(), max_raw=self._max_raw
            ),
        )
        context = self._ssl_context if url.scheme == "https" else None
        limits = dict.fromkeys(("connect", "read", "write"), self._timeout)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = [(b"Host", url.netloc), *ask.headers]
        try:
            with (
                httpcore.ConnectionPool(ssl_context=context, network_backend=way) as pool,
                pool.stream(
                    "GET", target, headers=headers, extensions={"timeout": limits}
                ) as response,
            ):
                return _judged(url, response, ask)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            for cause in error.args:  # httpcore keeps the original there
                if isinstance(cause, ssl.SSLCertVerificationError):
                    raise FetchRefused(
                        f"the certificate of {url.raw_host.decode()} cannot be trusted: {cause.verify_message}"
                    ) from error
            raise _Trouble(" ".join(str(error).split()) or type(error).__name__) from error

    def _pace(self, host: bytes, min_interval: float) -> None:
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

    def _given_up(self, trouble: "_Trouble", attempt: int, left: float) -> str:
        if trouble.retry_after is not None and trouble.retry_after >= left:
            return f"{trouble}, and asks to wait {trouble.retry_after:.0f} seconds; try again then"
        if attempt < ATTEMPTS:
            return f"{trouble}; no complete answer within {self._total:g} seconds"
        return f"{trouble}, {ATTEMPTS} times; try again later"

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        return self._given_ssl_context or httpcore.default_ssl_context()


def user_agent(version: str, *, contact: str) -> str:
    """The name to go by, so that a server's keeper knows whom to ask.

    Args:
        version: of this program.
        contact: a mail or web address; what a header cannot hold is left out.
    """
    reachable = "".join(char for char in contact if " " <= char <= "~" and char not in "()\\")
    return f"PaperDigest/{version} (+{reachable})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """What stays the same over the redirects and attempts of one `get`."""

    headers: list[tuple[bytes, bytes]]
    validators: Validators
    min_interval: float
    max_decoded: int
    deadline: float  # on the client's clock


class _Answered(Exception):  # noqa: N818 - as FetchError's source it never leaves this module
    """The server answered, and that was no document."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"answered {_status_words(status)}; check the address")


class _Trouble(Exception):  # noqa: N818 - as above
    """Something that may be gone at the next attempt."""

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(reason)


def _judged(
    url: httpx.URL, response: httpcore.Response, ask: _Ask
) -> FetchedResponse | NotModified | httpx.URL:
    """What an answer is; its body is read only where it is the document."""
    status = response.status
    headers = httpx.Headers(response.headers)
    if status in _COMPLETE:
        body = decoded(
            response.iter_stream(),
            coding=headers.get("Content-Encoding", ""),
            limit=ask.max_decoded,
        )
        return _fetched(url, headers, body)
    if status == HTTPStatus.NOT_MODIFIED and ask.validators != Validators():
        newer = _validators(headers)
        return NotModified(
            url=str(url),
            validators=Validators(
                etag=newer.etag or ask.validators.etag,
                last_modified=newer.last_modified or ask.validators.last_modified,
            ),
        )
    if status in _REDIRECTS and "Location" in headers:
        return _redirect(url, headers["Location"])
    if status in _TRANSIENT:
        raise _Trouble(
            f"answered {_status_words(status)}",
            status=status,
            retry_after=asked_wait(headers.get("Retry-After", ""), headers.get("Date", "")),
        )
    raise _Answered(status)


def _fetched(url: httpx.URL, headers: httpx.Headers, body: bytes) -> FetchedResponse:
    content_type = headers.get("Content-Type", "")
    charset = _CHARSET.search(content_type)
    return FetchedResponse(
        url=str(url),
        body=body,
        content_type=content_type.partition(";")[0].strip().lower(),
        charset=charset[1].lower() if charset else None,
        validators=_validators(headers),
        links=_links(url, headers),
    )


def _validators(headers: httpx.Headers) -> Validators:
    """Those that can be sent back: what no header should hold counts as absent."""
    etag, last_modified = (
        value if value and value.isascii() and value.isprintable() and len(value) <= 1000 else None
        for value in (headers.get("ETag"), headers.get("Last-Modified"))
    )
    return Validators(etag=etag, last_modified=last_modified)


def _links(url: httpx.URL, headers: httpx.Headers) -> MappingProxyType[str, str]:
    """The Link header (RFC 8288). Other hosts are left out: trust does not extend to them."""
    found: dict[str, str] = {}
    for link in httpx.Response(200, headers=headers).links.values():
        try:
            target = url.join(link.get("url", ""))
        except httpx.InvalidURL:
            continue
        if target.raw_host == url.raw_host and target.scheme == url.scheme:
            found.setdefault(link.get("rel", "").lower(), str(target))
    return MappingProxyType(found)


def _address(url: str | httpx.URL) -> httpx.URL:
    """The address, where it is one that may be asked."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchRefused(f"not an address ({error}); write http://… or https://…") from None
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise FetchRefused(f"only http and https addresses are read, not {shown(str(parsed))}")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise FetchRefused(f"there is no port {parsed.port}; correct the address")
    if parsed.userinfo:
        raise FetchRefused("a name and password in an address are not sent; leave them out")
    return parsed


def _redirect(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = _address(url.join(location))
    except (FetchRefused, httpx.InvalidURL) as error:
        raise FetchRefused(f"redirects where nothing is read: {error}") from None
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
