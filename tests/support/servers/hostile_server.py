"""Servers on loopback that answer as they are told, and an internet made of them."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

import httpcore

Answer = bytes | Callable[[threading.Event], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a server was asked."""

    target: str
    headers: Mapping[str, str]  # names in lower case


class Server:
    """Gives the first request the first answer, and so on; the last one again and again.

    An answer is bytes, or makes pieces that are sent one by one until the client goes;
    it is handed the event that ends the server.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.requests: list[Request] = []
        self.connections = 0
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def secure(self, connection: socket.socket) -> socket.socket:
        return connection

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        with plain, contextlib.suppress(OSError), self.secure(plain) as connection:
            request = _read(connection)
            if request is None:
                return
            answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
            self.requests.append(request)
            for piece in (answer,) if isinstance(answer, bytes) else answer(self._stop):
                if self._stop.is_set():
                    return
                connection.sendall(piece)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.recv(1)  # until the client has gone, so that nothing is reset


class Internet(httpcore.SyncBackend):
    """Connections to public addresses end at servers on loopback; nothing leaves the machine."""

    def __init__(self, servers: Mapping[str, Server] | None = None) -> None:
        self.servers = servers or {}
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append(host)
        if host in self.servers:
            host, port = "127.0.0.1", self.servers[host].port
        elif not ip_address(host).is_loopback:
            raise httpcore.ConnectError(f"no server plays {host}")
        return super().connect_tcp(host, port, timeout, local_address, socket_options)


def answer(
    body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(target: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {target}", status=status)


def drip(start: bytes, piece: bytes, *, every: float) -> Answer:
    """Sends `start`, and then a piece every so many seconds, without end."""

    def pieces(stop: threading.Event) -> Iterator[bytes]:
        yield start
        while not stop.wait(every):
            yield piece

    return pieces


def endless(start: bytes, piece: bytes) -> Answer:
    return drip(start, piece, every=0)


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    first, *lines = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Request(
        target=first.split(" ")[1],
        headers={name.lower(): value.strip() for name, _, value in pairs},
    )
