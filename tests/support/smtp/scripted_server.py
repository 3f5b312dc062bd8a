"""An SMTP server that does at each step what a test tells it to, and keeps what it was sent."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

HANG_UP = ""  # closes the connection in place of a reply
STALL = "stall"  # says nothing, and keeps the connection open
HALF = "half:"  # what follows is sent without its line end, and then the connection is closed
TAKEN = "+"  # before a reply to the final dot: the message is taken for all that

_USUAL = {
    "GREETING": "220 ready",
    "DATA": "354 go on",
    "QUIT": "221 bye",
    "AUTH": "235 welcome",
    "STARTTLS": "220 go",
}


@dataclass
class Script:
    """Replies by step, each given once in their order; after that the usual ones."""

    replies: dict[str, list[str]]
    features: Sequence[str] = ()  # in the answer to EHLO
    tls: ssl.SSLContext | None = None
    tls_first: bool = False  # before the greeting, as on port 465
    commands: list[str] = field(default_factory=list)
    plain: bytes = b""  # all that came before TLS
    connections: int = 0
    messages: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, message: taken
    done: threading.Event = field(default_factory=threading.Event)

    def reply(self, step: str) -> str:
        waiting = self.replies.get(step)
        if waiting:
            return waiting.pop(0)
        if step == "EHLO":
            *first, last = ["sink", *self.features]
            return "".join(f"250-{line}\r\n" for line in first) + f"250 {last}"
        return _USUAL.get(step, "250 OK")


class _OverError(Exception):
    pass


@contextmanager
def served(script: Script) -> Iterator[int]:
    """The script on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, script), daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            script.done.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def script(replies: Mapping[str, str | Sequence[str]], **fields: object) -> Script:
    given = {
        step: [reply] if isinstance(reply, str) else list(reply) for step, reply in replies.items()
    }
    return Script(given, **fields)  # type: ignore[arg-type]


def _serve(listening: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        script.connections += 1
        threading.Thread(target=_talk, args=(connection, script), daemon=True).start()


def _talk(connection: socket.socket, script: Script) -> None:
    with connection, suppress(_OverError, OSError):
        if script.tls and script.tls_first:
            connection = script.tls.wrap_socket(connection, server_side=True)
        _say(connection, script, "GREETING")
        lines = connection.makefile("rb")
        recipient = ""
        while line := lines.readline():
            if not isinstance(connection, ssl.SSLSocket):
                script.plain += line
            text = line.decode("utf-8", "replace").strip()
            step = text.split(" ")[0].upper()
            script.commands.append(step)
            reply = _say(connection, script, step)
            if step == "STARTTLS" and script.tls and reply.startswith("2"):
                connection = script.tls.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            if step == "RCPT":
                recipient = text.partition("<")[2].rstrip(">")
            if reply.startswith("354"):
                message = _message(lines)
                waiting = script.replies.get("DOT") or ["250 OK"]
                if waiting[0].startswith(("2", TAKEN)):
                    script.messages.append((recipient, message))
                waiting[0] = waiting[0].removeprefix(TAKEN)
                _say(connection, script, "DOT")
            if step == "QUIT":
                return


def _message(lines: BinaryIO) -> bytes:
    message = b""
    while (line := lines.readline()) != b".\r\n":
        if not line:
            raise _OverError
        message += line.removeprefix(b".")
    return message


def _say(connection: socket.socket, script: Script, step: str) -> str:
    reply = script.reply(step)
    if reply == STALL:
        script.done.wait(60)
        raise _OverError
    if reply.startswith(HALF):
        connection.sendall(reply.removeprefix(HALF).encode())
        raise _OverError
    if reply == HANG_UP:
        raise _OverError
    connection.sendall(reply.encode() + b"\r\n")
    return reply
