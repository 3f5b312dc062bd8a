"""A fast SMTP server that keeps who got which message, and nothing else.

    python benchmarks/common/smtp_sink.py RECORD_FILE

A line `recipient Message-ID` is in the file before the server answers the final dot, so it
knows of every message that a client may have been told is taken. Prints its port; ends with
its standard input.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RECIPIENT = re.compile(rb"RCPT TO:<([^>]*)>", re.IGNORECASE)
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, record: int) -> None:
        self._record = record
        self._buffer = bytearray()
        self._searched = 0
        self._in_message = False
        self._recipient = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answers all that is whole; the answers go out together."""
        self._buffer += data
        answers = bytearray()
        while True:
            answer = self._message() if self._in_message else self._command()
            if answer is None:
                break
            answers += answer
        if answers:
            self._transport.write(bytes(answers))

    def _command(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 SIZE 0\r\n"
        if verb == b"RCPT" and (found := _RECIPIENT.match(line)):
            self._recipient = found[1]
        if verb == b"DATA":
            self._in_message = True
            self._searched = 0
            return b"354 go on\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 ok\r\n"

    def _message(self) -> bytes | None:
        end = self._buffer.find(_END, max(0, self._searched - len(_END)))
        if end < 0:
            self._searched = len(self._buffer)
            return None
        found = _MESSAGE_ID.search(self._buffer, 0, end)
        name = found[1] if found else b"-"
        os.write(self._record, self._recipient + b" " + name + b"\n")
        del self._buffer[: end + len(_END)]
        self._in_message = False
        return b"250 kept\r\n"


async def serve(record: int) -> None:
    """Serves until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(record), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


@contextmanager
def sink(record: Path) -> Iterator[int]:
    """The server in a process of its own; yields its port."""
    with subprocess.Popen(
        [sys.executable, __file__, str(record)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


if __name__ == "__main__":
    opened = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    asyncio.run(serve(opened))
