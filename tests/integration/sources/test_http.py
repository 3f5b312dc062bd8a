"""The HTTP client against real servers on loopback, normal and hostile ones."""

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.servers.hostile_server import (
    Answer,
    Internet,
    Server,
    answer,
    drip,
    endless,
    redirect,
)

from digest import checked_network
from digest.core.network_addresses import is_public
from digest.sources.http.client import (
    Client,
    FetchedResponse,
    FetchError,
    NotModified,
    Validators,
    user_agent,
)
from digest.sources.http.content_encoding import decode_body
from digest.sources.http.responses import FetchRefused

PUBLIC = "93.184.215.14"
OTHER_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
NAMES = {
    "feeds.example": [PUBLIC],
    "other.example": [OTHER_PUBLIC],
    "intranet.example": ["10.1.2.3"],
    "mirror.example": [OTHER_PUBLIC],
    "half.example": [PUBLIC, "192.168.0.1"],
    "nowhere.example": [],
}
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)  # the same bytes in every process


class FakeClock:
    """A clock that `sleep` advances."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def resolve(host: str, port: int) -> list[str]:
    del port
    return NAMES.get(host, [host])


def client(*, moving: FakeClock | None = None, **options: Any) -> Client:
    moving = moving or FakeClock()
    chosen: dict[str, Any] = {
        "user_agent": "Test/1",
        "sleep": moving.sleep,
        "clock": moving.clock,
        "jitter": lambda: 0.5,
        "resolve": resolve,
        "backend": Internet(),
        "timeout": 5.0,
    }
    return Client(**{**chosen, **options})


def fetched(server: Server, **options: Any) -> FetchedResponse:
    found = client().get(server.url, trusted=True, **options)
    assert isinstance(found, FetchedResponse)
    return found


@contextlib.contextmanager
def refused(match: str) -> Iterator[pytest.ExceptionInfo[FetchError]]:
    with pytest.raises(FetchError, match=match) as caught:
        yield caught
    assert "\n" not in str(caught.value)


def bomb(size: int) -> bytes:
    """Returns a gzip stream that decompresses to this size, a thousand times its own."""
    block = 8 * 2**20
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = packer.compress(b"") + packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (size // block - 1) + packer.flush()


# Normal responses


def test_an_answer_comes_with_its_type_and_validators() -> None:
    headers = ("Content-Type: Application/Atom+XML; Charset=UTF-8", 'ETag: "v1"')
    with Server(answer(b"<feed/>", *headers, "Last-Modified: yesterday")) as server:
        found = fetched(server, accept="application/atom+xml")
    assert found == FetchedResponse(
        url=server.url,
        body=b"<feed/>",
        content_type="application/atom+xml",
        charset="utf-8",
        validators=Validators(etag='"v1"', last_modified="yesterday"),
    )
    (request,) = server.requests
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "Test/1",
        "accept": "application/atom+xml",
        "accept-encoding": "gzip",
        "connection": "close",
    }


@pytest.mark.parametrize(
    "coding, body",
    [
        ("gzip", gzipped(b"paper " * 1000)),
        ("X-GZip", gzipped(b"paper " * 1000)),
        ("deflate", zlib.compress(b"paper " * 1000)),
        ("identity", b"paper " * 1000),
    ],
)
def test_a_compressed_body_is_decompressed(coding: str, body: bytes) -> None:
    with Server(answer(body, f"Content-Encoding: {coding}")) as server:
        assert fetched(server).body == b"paper " * 1000


def test_a_known_version_is_not_sent_again() -> None:
    known = Validators(etag='W/"v1"', last_modified="Mon, 11 May 2026 06:00:00 GMT")
    with Server(answer(status="304 Not Modified", length=0)) as server:
        found = client().get(server.url, trusted=True, validators=known)
    assert found == NotModified(url=server.url, validators=known)
    assert server.requests[0].headers["if-none-match"] == 'W/"v1"'
    assert server.requests[0].headers["if-modified-since"] == known.last_modified


def test_not_modified_is_an_error_where_no_version_was_named() -> None:
    with Server(answer(status="304 Not Modified")) as server, refused("answered 304"):
        client().get(server.url, trusted=True)


def test_validators_that_no_request_can_carry_are_forgotten() -> None:
    with Server(answer(b"x", 'ETag: "\xe9"', f"Last-Modified: {'x' * 2000}")) as server:
        assert fetched(server).validators == Validators()


def test_links_to_further_pages_are_absolute_and_stay_on_the_host() -> None:
    link = 'Link: </page?p=2>; rel="next", <http://169.254.169.254/>; rel="prev"'
    with Server(answer(b"[]", link)) as server:
        assert fetched(server).links == {"next": f"{server.url}page?p=2"}


def test_redirects_are_followed() -> None:
    with Server(redirect("/a", "301 Moved"), redirect("b?c=d"), answer(b"here")) as server:
        found = fetched(server)
    assert (found.url, found.body) == (f"{server.url}b?c=d", b"here")


def test_an_outside_host_redirects_to_another() -> None:
    with Server(redirect("http://other.example/")) as one, Server(answer(b"here")) as other:
        internet = Internet({PUBLIC: one, OTHER_PUBLIC: other})
        found = client(backend=internet).get("http://feeds.example/")
    assert isinstance(found, FetchedResponse)
    assert found.body == b"here"
    assert internet.connected == [PUBLIC, OTHER_PUBLIC]
    assert other.requests[0].headers["host"] == "other.example"


def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    with Server(answer(b"here")) as gone:
        pass
    with Server(answer(b"here")) as server:
        internet = Internet({OTHER_PUBLIC: gone, PUBLIC: server})
        names = lambda *_: [OTHER_PUBLIC, PUBLIC]  # noqa: E731
        client(backend=internet, resolve=names).get("http://feeds.example/")
    assert internet.connected == [OTHER_PUBLIC, PUBLIC]


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer(b"proxied")) as proxy, Server(answer(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert fetched(server).body == b"direct"
    assert proxy.connections == 0


def test_cookies_are_not_kept() -> None:
    with Server(answer(b"", "Set-Cookie: id=1; Path=/")) as server:
        asking = client()
        for _ in range(2):
            asking.get(server.url, trusted=True)
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


def test_the_user_agent_names_the_version_and_a_contact() -> None:
    agent = user_agent("1.2", contact="lab@example.org\r\nX: (é)")
    assert agent == "PaperDigest/1.2 (+lab@example.orgX: )"


# Retries and waiting


@pytest.mark.parametrize("status", ["429 Slow", "500 No", "502 No", "503 No", "504 No"])
def test_a_transient_error_is_retried_with_growing_waits(status: str) -> None:
    moving = FakeClock()
    with Server(*[answer(status=status)] * 3, answer(b"at last")) as server:
        found = client(moving=moving).get(server.url, trusted=True)
    assert isinstance(found, FetchedResponse)
    assert (found.body, moving.slept) == (b"at last", [1.0, 2.0, 4.0])


def test_jitter_moves_the_waits() -> None:
    moving = FakeClock()
    with Server(answer(status="503 No")) as server, refused("503 Service Unavailable, 4 times"):
        client(moving=moving, jitter=lambda: 0.0).get(server.url, trusted=True)
    assert (moving.slept, len(server.requests)) == ([0.5, 1.0, 2.0], 4)


def test_a_caller_may_allow_fewer_attempts_and_less_time() -> None:
    with Server(answer(status="503 No")) as server:
        with refused("503 Service Unavailable, 2 times"):
            client(attempts=2).get(server.url, trusted=True)
        assert len(server.requests) == 2
        moving = FakeClock()
        with refused("no complete answer within 2.5 seconds"):
            client(moving=moving).get(server.url, trusted=True, total=2.5)
    assert moving.now <= 1002.5


@pytest.mark.parametrize("status", ["400 No", "401 No", "403 No", "404 No", "410 Gone", "501 No"])
def test_a_permanent_error_is_not_retried(status: str) -> None:
    with Server(answer(status=status)) as server, refused("answered") as caught:
        client().get(server.url, trusted=True)
    assert caught.value.status == int(status[:3])
    assert len(server.requests) == 1


def test_a_server_that_cannot_be_reached_is_tried_again() -> None:
    moving = FakeClock()
    with Server(answer()) as server:
        pass
    with refused("refused"):
        client(moving=moving).get(server.url, trusted=True)
    with refused("nowhere.example has no address"):
        client(moving=moving).get("http://nowhere.example/")
    assert moving.slept == [1.0, 2.0, 4.0] * 2


@pytest.mark.parametrize(
    "headers, wait",
    [
        (["Retry-After: 40"], 40.0),
        (
            [
                "Retry-After: Mon, 11 May 2026 06:00:30 GMT",
                "Date: Mon, 11 May 2026 06:00:00 GMT",
            ],
            30.0,
        ),
        (["Retry-After: Mon, 11 May 2026 06:00:30 GMT"], 1.0),
        (["Retry-After: soon"], 1.0),
        (["Retry-After: -5"], 1.0),
    ],
)
def test_the_retry_after_header_is_respected(headers: list[str], wait: float) -> None:
    moving = FakeClock()
    with Server(answer(b"", *headers, status="503 No"), answer(b"now")) as server:
        client(moving=moving).get(server.url, trusted=True)
    assert moving.slept == [wait]


@pytest.mark.parametrize("seconds", ["300", "9" * 5000])
def test_a_wait_that_is_too_long_is_not_begun(seconds: str) -> None:
    moving = FakeClock()
    busy = answer(b"", f"Retry-After: {seconds}", status="429 Too Many Requests")
    with Server(busy) as server, refused("429 .* asks to wait") as caught:
        client(moving=moving).get(server.url, trusted=True)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 300
    assert (moving.slept, len(server.requests)) == ([], 1)


def test_requests_to_one_host_are_spaced_apart() -> None:
    moving = FakeClock()
    with Server(redirect("/b"), answer(b""), answer(b"")) as server, Server(answer()) as other:
        internet = Internet({PUBLIC: server, OTHER_PUBLIC: other})
        asking = client(moving=moving, backend=internet)
        asking.get("http://feeds.example/", min_interval=3.0)
        asking.get("http://other.example/", min_interval=3.0)
        moving.now += 1.0
        asking.get("http://feeds.example/", min_interval=3.0)
    assert moving.slept == [3.0, 2.0]


# Addresses inside the network


@pytest.fixture
def inside() -> Iterator[Server]:
    with Server(answer(b"secret")) as server:
        yield server
        assert (server.connections, server.requests) == (0, [])


def test_the_inside_can_be_reached_where_it_is_trusted() -> None:
    with Server(answer(b"secret")) as server:
        assert fetched(server).body == b"secret"
    assert (server.connections, len(server.requests)) == (1, 1)  # so a count of 0 means something


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0", "[::ffff:7f00:1]"]
)
def test_loopback_is_refused_however_it_is_written(inside: Server, host: str) -> None:
    moving = FakeClock()
    asking = Client(user_agent="Test/1", sleep=moving.sleep, clock=moving.clock, jitter=lambda: 0.5)
    with refused("not on the public internet"):
        asking.get(f"http://{host}:{inside.port}/")
    assert moving.slept == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost.example", "[::ffff:127.0.0.1]"])
def test_a_redirect_to_the_inside_is_refused(inside: Server, host: str) -> None:
    names = lambda name, _: {"localhost.example": ["127.0.0.1"]}.get(name) or resolve(name, 0)  # noqa: E731
    with Server(redirect(f"http://{host}:{inside.port}/")) as server:
        internet = Internet({PUBLIC: server})
        with refused("not on the public internet"):
            client(backend=internet, resolve=names).get("http://feeds.example/")
    assert (internet.connected, len(server.requests)) == ([PUBLIC], 1)


@pytest.mark.parametrize(
    "target", ["http://intranet.example/", "http://169.254.169.254/latest/", "//[fd00:ec2::254]/"]
)
def test_a_redirect_to_a_private_address_is_refused(target: str) -> None:
    with Server(redirect(target)) as server:
        internet = Internet({PUBLIC: server})
        with refused("not on the public internet"):
            client(backend=internet).get("http://feeds.example/")
    assert internet.connected == [PUBLIC]


def test_one_inside_address_among_others_is_enough_to_refuse() -> None:
    internet = Internet()
    with refused("192.168.0.1"):
        client(backend=internet).get("http://half.example/")
    assert internet.connected == []


def test_trust_does_not_extend_to_a_second_host(inside: Server) -> None:
    with (
        Server(redirect(f"http://127.0.0.2:{inside.port}/")) as server,
        refused("127.0.0.2, which is not on the public internet"),
    ):
        client().get(server.url, trusted=True)


def test_trust_does_not_come_back_by_way_of_another_host() -> None:
    with Server(answer(b"secret")) as trusted, Server(redirect(trusted.url)) as outside:
        trusted.answers = (redirect("http://other.example/"),)
        internet = Internet({OTHER_PUBLIC: outside})
        with refused("not on the public internet"):
            client(backend=internet).get(trusted.url, trusted=True)
    assert len(trusted.requests) == 1


def test_a_name_that_changes_after_it_was_vetted_leads_nowhere_new(inside: Server) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    with Server(answer(status="503 No")) as server:
        internet = Internet({PUBLIC: server})
        with refused("127.0.0.1, which is not on the public internet"):
            client(backend=internet, resolve=rebinding).get(f"http://rebind.example:{inside.port}/")
    # The first request used the first lookup; the second request was not sent.
    assert (len(asked), internet.connected, len(server.requests)) == (2, [PUBLIC], 1)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1"),
        *("172.31.255.255", "192.168.1.1", "100.64.0.1", "100.100.100.200", "169.254.169.254"),
        *("168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
        *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "fe80::1"),
        *("fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1"),
        *("2002:7f00:1::", "2002:808:808::", "3fff::1", "4000::1", "5f00::1", "", "localhost"),
    ],
)
def test_an_address_is_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "93.184.215.14", "151.101.3.42", "172.15.0.1", "172.32.0.1"),
        *("100.63.255.255", "100.128.0.1", "223.255.255.254", "2606:4700::1111", "2a04:4e42::810"),
        *("2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
    ],
)
def test_an_address_is_outside(address: str) -> None:
    assert is_public(address)


# Addresses that are refused


@pytest.mark.parametrize(
    "url, reason",
    [
        ("file:///etc/passwd", "only http and https"),
        ("ftp://feeds.example/", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("feeds.example/atom", "only http and https"),
        ("http:///path", "only http and https"),
        ("http://feeds.example:99999/", "port 99999"),
        ("http://feeds.example:0/", "port 0"),
        ("http://feeds.example/\x00", "not an address"),
        ("http://user:password@feeds.example/", "name and password"),
    ],
)
def test_only_plain_web_addresses_are_read(url: str, reason: str) -> None:
    internet = Internet()
    with refused(reason) as caught:
        client(backend=internet).get(url)
    assert "password@" not in str(caught.value)
    assert internet.connected == []


def test_what_cannot_be_a_name_is_not_looked_up() -> None:
    with refused("cannot be a host's name"):
        client(resolve=checked_network.resolve).get(f"http://{'x' * 70}.example/")


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "gopher://127.0.0.1/", "http://a:b@feeds.example/", "http://x:y/"],
)
def test_a_redirect_to_anything_else_is_refused(target: str) -> None:
    with Server(redirect(target)) as server, refused("redirects to an address that cannot be read"):
        client().get(server.url, trusted=True)
    assert len(server.requests) == 1


def test_a_circle_of_redirects_ends() -> None:
    with Server(redirect("/")) as server, refused("redirects more than 5 times"):
        client().get(server.url, trusted=True)
    assert len(server.requests) == 6


# TLS


class SecureServer(Server):
    """A server with a certificate for feeds.example and mirror.example."""

    def __init__(self, certificate: Path, *answers: Answer) -> None:
        super().__init__(*answers)
        self.names: list[str | None] = []
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda _, name, __: self.names.append(name)

    def secure(self, connection: socket.socket) -> socket.socket:
        return self._context.wrap_socket(connection, server_side=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *(
                "-subj",
                "/CN=feeds.example",
                "-addext",
                "subjectAltName=DNS:feeds.example,DNS:mirror.example",
            ),
            *("-keyout", "key.pem", "-out", "certificate.pem"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "certificate.pem").read_bytes())
    return both


def test_the_certificate_is_checked_against_the_name_not_the_address(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with SecureServer(certificate, answer(b"here")) as server:
        internet = Internet({PUBLIC: server, OTHER_PUBLIC: server})
        asking = client(backend=internet, ssl_context=trusting)
        found = asking.get("https://feeds.example/")
        with refused("certificate of other.example cannot be trusted"):
            asking.get("https://other.example/")
    assert isinstance(found, FetchedResponse)
    assert (found.body, server.names) == (b"here", ["feeds.example", "other.example"])
    assert [request.headers["host"] for request in server.requests] == ["feeds.example"]


def test_a_certificate_of_an_unknown_authority_is_refused(certificate: Path) -> None:
    moving = FakeClock()
    with SecureServer(certificate, answer(b"here")) as server:
        internet = Internet({PUBLIC: server})
        with refused("certificate of feeds.example cannot be trusted: self"):
            client(backend=internet, moving=moving).get("https://feeds.example/")
    assert (server.requests, moving.slept) == ([], [])


def test_a_redirect_from_https_to_http_is_refused(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with SecureServer(certificate, redirect("http://other.example/")) as server:
        internet = Internet({PUBLIC: server})
        with refused("redirects from https to http"):
            client(backend=internet, ssl_context=trusting).get("https://feeds.example/")
    assert internet.connected == [PUBLIC]


KEY = ("x-api-key", "secret")


def test_a_key_is_sent_over_https(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with SecureServer(certificate, redirect("/moved"), answer(b"here")) as server:
        asking = client(backend=Internet({PUBLIC: server}), ssl_context=trusting)
        asking.get("https://feeds.example/", key=KEY)
        asking.get("https://feeds.example/")
    sent = [request.headers.get("x-api-key") for request in server.requests]
    assert sent == ["secret", "secret", None]


def test_a_key_is_not_sent_without_encryption() -> None:
    with Server(answer(b"here")) as server:
        assert fetched(server, key=KEY).body == b"here"
    assert "x-api-key" not in server.requests[0].headers


def test_a_key_follows_no_redirect_to_another_host_and_does_not_come_back(
    certificate: Path,
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    back = redirect("https://feeds.example/back")
    with (
        SecureServer(certificate, redirect("https://mirror.example/"), answer(b"here")) as own,
        SecureServer(certificate, back) as mirror,
    ):
        internet = Internet({PUBLIC: own, OTHER_PUBLIC: mirror})
        client(backend=internet, ssl_context=trusting).get("https://feeds.example/", key=KEY)
    sent = [request.headers.get("x-api-key") for request in (*own.requests, *mirror.requests)]
    assert sent == ["secret", None, None]


# Hostile responses


@pytest.mark.parametrize(
    "sent, reason",
    [
        (b"garbage\r\n\r\n", "illegal status line"),
        (b"\x16\x03\x01\x00\x00", "illegal"),
        (b"", "disconnected"),
        (answer(b"half", length=8), "without sending complete message"),
        (CHUNKED + b"4\r\nhalf\r\n", "without sending complete message"),
        (CHUNKED + b"zzz\r\n", "illegal chunk header"),
        (answer(b"x", *[f"X-{n}: {'y' * 90}" for n in range(2000)]), "too"),
        (answer(b"x", f"X: {'y' * 200_000}"), "too"),
    ],
)
def test_an_answer_that_breaks_the_protocol_is_an_error(sent: bytes, reason: str) -> None:
    with Server(sent) as server, refused(reason):
        client().get(server.url, trusted=True)


@pytest.mark.parametrize(
    "coding, body, reason",
    [
        ("gzip", b"not gzip at all", "not what its coding says"),
        ("gzip", gzipped(b"x" * 1000)[:-4], "ends in the middle"),
        ("gzip", b"", "ends in the middle"),
        ("gzip", gzipped(b"x") + b"more", "after the end"),
        ("gzip", gzipped(b"x")[:-8] + bytes(8), "not what its coding says"),
        ("deflate", b"\xff" * 100, "not what its coding says"),
        ("br", b"x", "coding 'br'"),
        ("gzip, gzip", gzipped(gzipped(b"x")), "coding 'gzip, gzip'"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_an_error(coding: str, body: bytes, reason: str) -> None:
    with Server(answer(body, f"Content-Encoding: {coding}")) as server, refused(reason):
        client().get(server.url, trusted=True)
    assert len(server.requests) == 1


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 500), st.integers(0, 3000))
def test_a_compressed_body_is_the_same_however_it_is_split(
    body: bytes, size: int, limit: int
) -> None:
    packed = gzipped(body)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    if len(body) <= limit:
        assert decode_body(pieces, coding="gzip", limit=limit) == body
    else:
        with pytest.raises(FetchRefused, match="too large"):
            decode_body(pieces, coding="gzip", limit=limit)


HEADERS = ["Content-Type", "Content-Encoding", "ETag", "Link", "Location", "Retry-After", "Date"]
VALUES = st.one_of(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
    st.sampled_from(
        [
            *(
                '<a>; rel="next"',
                "<http://[>; rel=next",
                "<//xn--\xfc/>;rel=next",
                "<",
                "//xn--\xfc/",
            ),
            *(
                "Mon, 11 May 9999 06:00:00 -9999",
                "a/b; charset*0=x; charset=",
                "gzip",
                "99999999999",
            ),
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([100, 200, 206, 301, 304, 308, 404, 429, 503, 599]),
    st.lists(st.tuples(st.sampled_from(HEADERS), VALUES), max_size=5),
    st.binary(max_size=40),
)
def test_any_answer_is_an_answer_or_an_error(
    status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    lines = [f"{name}: {value}" for name, value in headers]
    sent = answer(body, *lines, status=f"{status} Some")
    asking = client(backend=httpcore.MockBackend([sent]))
    try:
        found = asking.get("http://feeds.example/", validators=Validators(etag='"1"'))
    except FetchError as error:
        assert str(error).isprintable()  # noqa: PT017 - either is right
    else:
        assert isinstance(found, FetchedResponse | NotModified)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_may_be_as_large_as_the_bound_and_no_larger(coding: str) -> None:
    body = b"x" * 100_000
    packed = gzipped(body) if coding == "gzip" else body
    with Server(answer(packed, f"Content-Encoding: {coding}")) as server:
        assert fetched(server, max_decoded=100_000).body == body
        with refused("too large: more than 99,999 bytes when unpacked"):
            fetched(server, max_decoded=99_999)


@pytest.mark.parametrize(
    "sent",
    [
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500),
    ],
    ids=["body", "chunks", "early hints"],
)
def test_an_endless_answer_is_cut_off(sent: Answer) -> None:
    with Server(sent) as server, refused("too large: more than 1,048,576 bytes sent"):
        client(max_raw=2**20).get(server.url, trusted=True)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "sent",
    [
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.05),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every=0.05),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", every=0.05),
        drip(b"", b"", every=3600),
    ],
    ids=["informational", "headers", "body", "silence"],
)
def test_a_slow_answer_ends_at_the_deadline(sent: Answer) -> None:
    with (
        Server(sent) as server,
        refused("no complete answer within 0.5 seconds"),
    ):
        client(clock=time.monotonic, total=0.5).get(server.url, trusted=True)
    assert len(server.requests) == 1


CHILD = """
import sys
from pathlib import Path
from digest.sources.http.client import Client
from digest.sources.http.responses import FetchError

client = Client(user_agent="Test/1", sleep=lambda _: None, clock=lambda: 0.0, jitter=lambda: 0.5)
try:
    client.get(sys.argv[1], trusted=True)
except FetchError as error:
    print(error.reason)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is in /proc")
def test_a_gzip_bomb_costs_no_memory() -> None:
    packed = bomb(2**30)
    assert 2**30 / len(packed) > 1000
    with Server(answer(packed, "Content-Encoding: gzip")) as server:
        # Not `getrusage`: its peak may be that of the process that started this one.
        done = subprocess.run(
            [sys.executable, "-c", CHILD, server.url],
            capture_output=True,
            text=True,
            check=True,
        )
    reason, peak = done.stdout.splitlines()
    assert reason == "too large: more than 67,108,864 bytes when unpacked"
    assert int(peak) < 300 * 1024  # KiB
    print(f"peak {int(peak) // 1024} MiB")
