"""A stand-in for the services of channels, on loopback, that fails in every way."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

ANSWERS = {
    "slack": b"ok",
    "json": b'{"ok": true, "id": "1", "event_id": "$1"}',
}
"""What the services say of a message that they took."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that was read to its end."""

    line: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        loaded = json.loads(self.body)
        assert isinstance(loaded, dict)
        return loaded


@dataclass
class ChannelServer:
    """Treats each request as the next of `ways` says, and the others as `good` says.

    The ways: "close first" without reading, "close after" reading, "hang" after reading, "half" of an
    answer, or a whole answer as bytes.
    """

    good: bytes = ANSWERS["json"]
    ways: list[str | bytes] = field(default_factory=list)
    received: list[ReceivedRequest] = field(default_factory=list)
    port: int = 0
    closing: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, connection: socket.socket) -> None:
        way = self.ways.pop(0) if self.ways else reply(200, self.good)
        if way == "close first":
            return
        self.received.append(_read(connection))
        if way == "hang":
            self.closing.wait(30)
        elif way == "half":
            connection.sendall(reply(200, self.good)[:-3])
        elif isinstance(way, bytes):
            connection.sendall(way)


def reply(status: int, body: bytes, **headers: str) -> bytes:
    """A whole answer; underscores in the names of headers are hyphens."""
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _read(connection: socket.socket) -> ReceivedRequest:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (item.partition(":") for item in lines)
    }
    while len(body) < int(headers.get("content-length", "0")):
        body += _received(connection)
    return ReceivedRequest(line, headers, body)


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client left")
    return data


@contextmanager
def channel_server() -> Iterator[ChannelServer]:
    server = ChannelServer()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                server.answer(connection)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                Thread(target=one, args=(connection,), daemon=True).start()

        Thread(target=serve, daemon=True).start()
        yield server
        server.closing.set()
        # Wakes the thread that waits in `accept`.
        listener.shutdown(socket.SHUT_RDWR)
