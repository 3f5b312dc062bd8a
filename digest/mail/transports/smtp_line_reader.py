"""Lines of an SMTP server, read until a moment."""

from collections.abc import Callable
from socket import socket
from ssl import SSLSocket

_PIECE = 4096  # octets read at once


class BoundedLines:
    """What a server says, line by line; a slow drip of bytes does not extend the time.

    Args:
        connection: its timeout is changed by reading.
        clock: seconds that only grow.
    """

    def __init__(self, connection: socket | SSLSocket, *, clock: Callable[[], float]) -> None:
        self._socket = connection
        self._clock = clock
        self._buffer = b""
        self.until = 0.0  # by the clock

    def readline(self, limit: int) -> bytes:
        """The next line with its end; what there is at the limit or at the end of all."""
        while (end := self._buffer.find(b"\n", 0, limit)) < 0 and len(self._buffer) < limit:
            left = self.until - self._clock()
            if left <= 0:
                raise TimeoutError("timed out")
            self._socket.settimeout(left)
            more = self._socket.recv(_PIECE)
            if not more:
                break
            self._buffer += more
        length = end + 1 if end >= 0 else limit
        line, self._buffer = self._buffer[:length], self._buffer[length:]
        return line

    def close(self) -> None:
        """Nothing is held here; smtplib asks for it."""
