"""What each failure of a service means for the message, against a server on this machine."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from support.servers.channel_server import ANSWERS, ChannelServer, channel_server, reply

from digest.channels import http_exchange
from digest.channels.channel import HttpChannel, HttpService
from digest.channels.http_exchange import HttpRequest, NoAnswer
from digest.channels.kinds.discord import DiscordService
from digest.channels.kinds.matrix import MatrixService
from digest.channels.kinds.ntfy import NtfyService
from digest.channels.kinds.slack import SlackService
from digest.channels.kinds.telegram import TelegramService
from digest.channels.kinds.webhook import WebhookService
from digest.channels.message import ChannelMessage, ChannelPaper, ChannelSection
from digest.core.models.delivery import Deferred, InDoubt, Outcome, Refused, Sent
from digest.core.network_addresses import is_public

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
MESSAGE = ChannelMessage(
    edition_id=7,
    day=date(2026, 5, 11),
    title="Paper Digest",
    sections=(ChannelSection(heading="Caches", papers=(ChannelPaper(title="A cache"),)),),
)

SERVICES: dict[str, Callable[[str], HttpService]] = {
    "slack": lambda url: SlackService(url=url),
    "discord": lambda url: DiscordService(url=f"{url}/api/webhooks/1/x"),
    "telegram": lambda url: TelegramService(token="1:x", chat="-5", api=url),
    "matrix": lambda url: MatrixService(server=url, token="t", room="!a:example.org"),
    "ntfy": lambda url: NtfyService(server=url, topic="papers", token="t"),
    "webhook": lambda url: WebhookService(url=url, secret="s"),
}


@pytest.fixture
def server() -> Iterator[ChannelServer]:
    with channel_server() as started:
        yield started


@pytest.fixture(params=list(SERVICES))
def service(request: pytest.FixtureRequest, server: ChannelServer) -> HttpService:
    server.good = ANSWERS["slack" if request.param == "slack" else "json"]
    return SERVICES[request.param](server.url)


def channel(
    service: HttpService, *, is_allowed: Callable[[str], bool] | None = None
) -> HttpChannel:
    return HttpChannel(
        service, place="here", is_allowed=is_allowed or (lambda _: True), clock=time.monotonic
    )


def send(service: HttpService, parts: Sequence[bytes] | None = None) -> Outcome:
    (part,) = parts or service.parts(MESSAGE)
    return channel(service).send(part, key="digest-7-1", now=NOW)


def test_a_message_is_sent_once_the_service_says_in_its_own_words_that_it_took_it(
    service: HttpService, server: ChannelServer
) -> None:
    assert isinstance(send(service), Sent)
    server.ways = [reply(200, b"<html>Welcome to the hotel</html>")]
    page = send(service)
    # A web hook answers what it likes.
    assert isinstance(page, Sent if service.name == "web hook" else Deferred)


def test_what_fails_before_sending_is_tried_again_and_what_fails_after_is_in_doubt(
    service: HttpService, server: ChannelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only Matrix knows a message that it has already, so that it can be sent again.
    doubtful = Deferred if service.repeatable else InDoubt
    for way in ("close first", "close after", "half"):
        server.ways = [way]
        outcome = send(service)
        assert isinstance(outcome, doubtful), way
    monkeypatch.setattr(http_exchange.exchange, "__kwdefaults__", {**EXCHANGE, "timeout": 1.0})
    server.ways = ["hang"]
    outcome = send(service)
    assert isinstance(outcome, doubtful)
    assert "in time" in outcome.reason
    # Nobody listens there, so nothing was sent.
    nobody = SERVICES["webhook"]("http://127.0.0.1:1")
    assert isinstance(send(nobody), Deferred)


EXCHANGE = http_exchange.exchange.__kwdefaults__ or {}


@pytest.mark.parametrize(
    "status, kind, words",
    [
        (302, Refused, "no redirect is followed"),
        (400, Refused, "does not accept the message"),
        (401, Refused, "token"),
        (403, Refused, "rights"),
        (404, Refused, "channels.toml"),
        (410, Refused, "removed"),
        (418, Refused, "channels.toml"),
        (408, Deferred, "408"),
        (429, Deferred, "429"),
        (500, Deferred, "500"),
        (503, Deferred, "503"),
    ],
)
def test_the_status_decides_and_a_refusal_says_what_to_do(
    server: ChannelServer, status: int, kind: type[Outcome], words: str
) -> None:
    inside = f"http://127.0.0.1:{server.port}/inside"
    server.ways = [reply(status, b'{"message": "so it is"}', Location=inside)]
    outcome = send(SlackService(url=server.url))
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, Sent | InDoubt)
    assert words in outcome.reason
    assert "so it is" in outcome.reason
    assert len(server.received) == 1, "a redirect leads nowhere"


@pytest.mark.parametrize(
    "body, headers, seconds",
    [
        (b"", {"Retry_After": "120"}, 120),
        (b"", {"Retry_After": f"{NOW + timedelta(hours=1):%a, %d %b %Y %H:%M:%S} GMT"}, 3600),
        (b'{"retry_after": 1.5}', {}, 1.5),
        (b'{"parameters": {"retry_after": 35}}', {}, 35),
        (b'{"retry_after_ms": 2000}', {}, 2),
        (b'{"retry_after": 1e300}', {}, 24 * 3600),
        (b'{"retry_after": NaN}', {"Retry_After": "soon"}, None),
        (b'{"retry_after": 1' + b"0" * 400 + b"}", {}, 24 * 3600),
        (b"", {}, None),
    ],
)
def test_a_service_that_has_too_much_to_do_says_for_how_long(
    server: ChannelServer, body: bytes, headers: dict[str, str], seconds: float | None
) -> None:
    server.ways = [reply(429, body, **headers)]
    outcome = send(DiscordService(url=server.url))
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after == seconds


def test_an_address_inside_the_network_is_refused_at_the_connection(server: ChannelServer) -> None:
    inside = channel(WebhookService(url=server.url), is_allowed=is_public)
    outcome = inside.send(b"{}", key="k", now=NOW)
    assert isinstance(outcome, Refused)
    assert "inside = true" in outcome.reason
    assert server.received == []


def test_a_name_is_resolved_once_so_that_it_cannot_change_after_the_check(
    server: ChannelServer,
) -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    done = http_exchange.exchange(
        HttpRequest(url=f"http://hook.example:{server.port}/", body=b"{}"),
        is_allowed=lambda address: address == "127.0.0.1",
        clock=time.monotonic,
        resolve=lambda _host, _port: answers.pop(0),
    )
    assert not isinstance(done, NoAnswer)
    assert len(answers) == 1
    assert server.received[0].headers["host"] == f"hook.example:{server.port}"


def test_a_secret_in_a_header_that_cannot_be_sent_is_not_in_the_reason(
    server: ChannelServer,
) -> None:
    from digest.logs import redactor

    redactor.add_secrets("a-secret-of-matrix")
    service = MatrixService(server=server.url, token="a-secret-of-matrix\n", room="!a:b")
    outcome = send(service)
    assert isinstance(outcome, Refused)
    assert "a-secret-of-matrix" not in outcome.reason


def test_matrix_gets_the_same_transaction_in_every_attempt(server: ChannelServer) -> None:
    service = SERVICES["matrix"](server.url)
    send(service)
    send(service)
    first, second = server.received
    assert first.line == second.line
    assert first.line.startswith(
        "PUT /_matrix/client/v3/rooms/%21a%3Aexample.org/send/m.room.message/"
    )
    assert first.headers["authorization"] == "Bearer t"


def test_the_doctor_asks_without_sending_a_message(
    service: HttpService, server: ChannelServer
) -> None:
    asked = channel(service)
    assert asked.ask(now=NOW) == ""
    if service.name in {"Slack", "ntfy", "web hook"}:
        assert server.received == [], "they can only be told messages"
        return
    (request,) = server.received
    assert request.line.startswith("GET ")
    assert request.body == b""
    server.ways = [reply(401, b'{"description": "Unauthorized"}'), "close after"]
    assert "401 Unauthorized: the token or the address" in asked.ask(now=NOW)
    assert service.name in asked.ask(now=NOW)


def test_a_web_hook_can_verify_who_signed(server: ChannelServer) -> None:
    import base64
    import hashlib
    import hmac

    send(SERVICES["webhook"](server.url))
    (request,) = server.received
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(b"s", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert json.loads(request.body)["sections"][0]["papers"][0]["title"] == "A cache"
