"""Clients that do not finish their requests do not keep readers from unsubscribing."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support.servers.served_home import ONE_CLICK, ServedHome, opened, subscribe, token_of

from digest.core.models.subscribers import AddressStatus
from digest.web.security import forms
from digest.web.security.connections import MAX_CONNECTIONS, LimitedConnection

ATTACKERS = MAX_CONNECTIONS + 50


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ServedHome]:
    with opened(tmp_path / "home") as served:
        yield served


@contextmanager
def connections(place: ServedHome, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have sent the same beginning of a request."""
    address = urlsplit(place.url)
    with ExitStack() as stack:
        opened_sockets = []
        for _ in range(count):
            client = socket.create_connection((address.hostname, address.port or 0), timeout=120)
            stack.enter_context(client)
            client.sendall(sent)
            opened_sockets.append(client)
        yield opened_sockets


def is_closed(client: socket.socket) -> bool:
    """Waits until the server closes the connection, however much it answers before."""
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


HALF_HEAD = b"POST /u/x HTTP/1.1\r\nHost: digest.example\r\nX-Slow: "
HALF_BODY = (
    b"POST /u/x HTTP/1.1\r\nHost: digest.example\r\nContent-Length: 26\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nList-Uns"
)


@pytest.mark.parametrize("sent", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
def test_a_reader_unsubscribes_while_hundreds_of_requests_stay_unfinished(
    place: ServedHome, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedConnection, "waiting_seconds", 600.0)
    number = subscribe(place)
    with connections(place, ATTACKERS, sent) as clients:
        # Until these are closed, the server answers 503.
        assert all(is_closed(client) for client in clients[: ATTACKERS - MAX_CONNECTIONS])
        asked = httpx.get(place.page(token_of(number)), timeout=120)
        answer = httpx.post(place.page(token_of(number)), data=ONE_CLICK, timeout=120)
    assert (asked.status_code, answer.status_code) == (200, 200)
    assert place.status() is AddressStatus.UNSUBSCRIBED


def test_the_connection_that_has_waited_longest_is_closed_first(
    place: ServedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedConnection, "waiting_seconds", 600.0)
    monkeypatch.setattr(LimitedConnection, "max_connections", 3)
    with connections(place, 5, HALF_HEAD) as clients:
        assert all(is_closed(client) for client in clients[:2])
        for client in clients[2:]:
            client.sendall(b"x\r\nContent-Length: 0\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 400"


def never() -> bytes:
    return b""


def one_more_byte() -> bytes:
    return b"x"


@pytest.mark.parametrize("sent", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
@pytest.mark.parametrize("more", [never, one_more_byte])
def test_a_request_that_is_never_finished_is_given_up(
    place: ServedHome,
    monkeypatch: pytest.MonkeyPatch,
    sent: bytes,
    more: Callable[[], bytes],
) -> None:
    monkeypatch.setattr(LimitedConnection, "waiting_seconds", 0.3)
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.3)
    with connections(place, 1, sent) as (client,):
        client.settimeout(0.05)
        for _ in range(1200):
            try:
                client.sendall(more())
                if not client.recv(65536):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
    raise AssertionError("the server still waits")


def test_a_form_that_does_not_come_is_answered_with_408(
    place: ServedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "BODY_SECONDS", 0.1)
    with connections(place, 1, HALF_BODY) as (client,):
        assert client.recv(12) == b"HTTP/1.1 408"


def test_a_client_that_takes_no_answers_is_given_up(
    place: ServedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LimitedConnection, "served_seconds", 0.3)
    with connections(place, 1, b"") as (client,):
        client.settimeout(60)
        request = b"GET /u/x HTTP/1.1\r\nHost: digest.example\r\n\r\n"
        # The server stops reading when its answers pile up; then it must end the connection.
        with pytest.raises(ConnectionError):
            client.sendall(request * 1_000_000)


def test_a_reader_with_a_kept_connection_can_use_it_again(place: ServedHome) -> None:
    number = subscribe(place)
    with httpx.Client(timeout=120) as client:
        for _ in range(3):
            assert client.get(place.page(token_of(number))).status_code == 200
        assert client.post(place.page(token_of(number)), data=ONE_CLICK).status_code == 200
