"""Webhooks on a real receiver: what it is told, how it checks it, and what happens when it fails."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.builders import NOW
from support.subscribers import start_subscription

from digest.app.application import App
from digest.cli.root import root
from digest.core.access.webhooks import WebhookEvent, WebhookReport
from digest.core.models.subscribers import AddressStatus
from digest.pipeline.access import webhooks
from digest.pipeline.access.webhooks import Sending
from digest.sources.http.post import post
from digest.sources.http.responses import FetchError
from digest.store.access import webhooks as webhook_store
from digest.store.access.webhooks import Webhook
from digest.store.subscribers import erasure, subscriptions
from jobs.webhooks import webhooks as job


@dataclass
class Receiver:
    """A server that takes webhooks."""

    url: str = ""
    status: int = 200
    location: str = ""
    pause: float = 0.0
    padding: int = 0
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.taken.append((dict(self.headers), body))
            time.sleep(found.pause)
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("X-Padding", "x" * found.padding)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield found
    server.shutdown()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    home = tmp_path / "home"
    (home / "profiles").mkdir(parents=True)
    (home / "sources.toml").write_text("")
    with App.open(home, environ={"DIGEST_FROM": "digest@example.org"}) as opened:
        yield opened


def add(app: App, url: str, *events: WebhookEvent) -> tuple[int, str]:
    with app.store.write() as tx:  # `create` refuses addresses inside the network
        secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
        kinds = events or tuple(WebhookEvent)
        return webhook_store.add(tx, url=url, events=kinds, secret=secret, now=NOW), secret


def send(app: App, *, now: datetime = NOW, budget: float = 30.0) -> WebhookReport:
    client = partial(post, user_agent="test", clock=time.monotonic, inside=True)
    sending = Sending(post=client, clock=time.monotonic, budget=budget, stopped=lambda: False)
    return webhooks.send_due(app.store, sending, now=now)


def subscribe(app: App, email: str = "ada@reader.example") -> int:
    with app.store.write() as tx:
        return start_subscription(tx, email)


def known(app: App, number: int) -> Webhook:
    with app.store.read() as tx:
        found = webhook_store.find(tx, number)
    assert found is not None
    return found


def test_the_receiver_checks_what_it_is_told_with_its_secret(app: App, receiver: Receiver) -> None:
    _, secret = add(app, receiver.url)
    subscribe(app)
    assert send(app) == WebhookReport(sent=1)
    ((headers, body),) = receiver.taken
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    assert headers["Webhook-Timestamp"] == str(int(NOW.timestamp()))
    assert headers["Content-Type"] == "application/json"
    (told,) = receiver.told
    assert told["type"] == "subscribed"
    assert told["data"] == {"reader": 1, "event": "subscribed", "origin": "import"}
    assert send(app, now=NOW + timedelta(minutes=1)).sent == 0, "an event is told once"


def test_a_message_that_fails_is_sent_again_later_and_is_the_same(
    app: App, receiver: Receiver
) -> None:
    number, _ = add(app, receiver.url)
    subscribe(app)
    subscribe(app, "bob@reader.example")
    receiver.status = 503
    assert send(app).failed == 1
    assert len(receiver.taken) == 1, "the other message waits too"
    assert "503" in known(app, number).problem
    receiver.status = 204
    assert send(app, now=NOW + timedelta(seconds=30)).sent == 1, "the other one; this one waits"
    assert send(app, now=NOW + timedelta(minutes=2)).sent == 1
    first, _, last = receiver.taken
    assert (first[0]["Webhook-Id"], first[1]) == (last[0]["Webhook-Id"], last[1])
    assert known(app, number).failing_since is None


def test_a_receiver_that_fails_for_days_is_switched_off_and_the_operator_is_told(
    app: App, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _ = add(app, receiver.url)
    subscribe(app)
    receiver.status = 500
    problems: tuple[str, ...] = ()
    for hour in range(0, 90, 6):
        problems += send(app, now=NOW + timedelta(hours=hour)).problems
    assert len(problems) == 1
    assert f"digest webhook resume {number}" in problems[0]
    assert known(app, number).disabled_at == NOW + timedelta(hours=72)
    tried = len(receiver.taken)
    monkeypatch.setenv("DIGEST_FROM", "digest@example.org")
    run = CliRunner()
    home = ["--home", str(app.home.path), "--now", "2026-05-15T00:00:00Z"]
    shown = run.invoke(root, ["status", *home])
    assert f"{number}: fails since 2026-05-11 06:00 UTC" in shown.output
    assert f"digest webhook resume {number}" in shown.output
    assert run.invoke(root, ["webhook", "resume", str(number), *home]).exit_code == 0
    receiver.status = 200
    assert send(app, now=NOW + timedelta(days=4)).sent == 1
    assert len(receiver.taken) == tried + 1
    assert run.invoke(root, ["status", *home]).output.count("fails since") == 0


def test_only_the_wanted_events_are_told_and_a_paused_run_goes_on(
    app: App, receiver: Receiver
) -> None:
    add(app, receiver.url, WebhookEvent.LEFT)
    number = subscribe(app)
    with app.store.write() as tx:
        subscriptions.end(tx, number, now=NOW)
        subscriptions.set_status(
            tx,
            "ada@reader.example",
            AddressStatus.SUPPRESSED,
            event="suppressed",
            origin="bounce",
            detail="5.1.1",
            now=NOW,
        )
    assert send(app, budget=-1.0).sent == 0, "no time is left"
    assert send(app).sent == 1
    assert [told["type"] for told in receiver.told] == ["left"]


def test_an_erased_reader_is_not_in_what_waits(app: App, receiver: Receiver) -> None:
    number, _ = add(app, receiver.url)
    subscribe(app, "ada.unmistakable@reader.example")
    receiver.status = 500
    send(app)
    with app.store.write() as tx:
        erasure.erase(tx, 1)
    receiver.status = 200
    assert send(app, now=NOW + timedelta(hours=1)).sent == 1
    assert b"unmistakable" not in b"".join(body for _, body in receiver.taken)
    with app.store.write() as tx:
        assert webhook_store.remove(tx, number)


def test_an_address_inside_the_network_is_refused_when_it_is_called(
    app: App, receiver: Receiver
) -> None:
    """A name may lead anywhere, so the address counts at the connection."""
    number, _ = add(app, receiver.url.replace("127.0.0.1", "localhost"))
    subscribe(app)
    assert app.tell_webhooks(NOW).failed == 1
    assert receiver.taken == []
    assert "not on the public internet" in known(app, number).problem
    assert "127.0.0.1" not in known(app, number).problem
    assert job(app, NOW).headline == "0 messages of webhooks sent"
    assert app.maintain(NOW).problems == ()


def test_the_answer_of_a_receiver_has_limits(receiver: Receiver) -> None:
    def call(**more: object) -> None:
        post(
            receiver.url,
            b"{}",
            {},
            user_agent="test",
            clock=more.pop("clock", time.monotonic),  # type: ignore[arg-type]
            inside=True,
        )

    call()
    receiver.status, receiver.location = 302, "http://127.0.0.1:9/"
    with pytest.raises(FetchError, match="302 Found"):
        call()
    receiver.status, receiver.location, receiver.padding = 200, "", 100_000
    with pytest.raises(FetchError, match=r"cannot be reached|too large"):
        call()
    receiver.padding = 0
    seconds = iter(range(0, 1000, 8))
    with pytest.raises(FetchError, match="cannot be reached"):
        call(clock=lambda: float(next(seconds)))
    with pytest.raises(FetchError, match="cannot be reached"):
        post("http://127.0.0.1:9/", b"", {}, user_agent="x", clock=time.monotonic, inside=True)


def test_the_reason_of_a_failure_does_not_contain_the_address(app: App, receiver: Receiver) -> None:
    number, _ = add(app, f"{receiver.url}/a-token-of-the-receiver")
    subscribe(app)
    receiver.status = 500
    send(app)
    assert known(app, number).problem == "answered 500 Internal Server Error"
    later = NOW + timedelta(days=4)
    (problem,) = send(app, now=later).problems
    assert "a-token" not in problem
