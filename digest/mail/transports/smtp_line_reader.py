"""Reads the lines of an SMTP server, each before a deadline."""

from collections.abc import Callable
from socket import socket
from ssl import SSLSocket

_CHUNK = 4096  # octets per read


class DeadlineLineReader:
    """Reads lines until a deadline; a server that sends byte by byte does not extend it.

    Args:
        connection: the socket; reading changes its timeout.
        clock: a monotonic clock, in seconds.

    Attributes:
        deadline: the moment, by the clock, at which reading stops with a TimeoutError.
    """

    def __init__(self, connection: socket | SSLSocket, *, clock: Callable[[], float]) -> None:
        self._socket = connection
        self._clock = clock
        self._buffer = b""
        self.deadline = 0.0

    def readline(self, limit: int) -> bytes:
        """Returns the next line with its line end.

        Args:
            limit: octets to return at most. A longer line is cut there.

        Returns:
            The line; what was left of it if the connection ended; empty at the end.

        Raises:
            TimeoutError: the line was not complete before the deadline.
            OSError: the connection failed.
        """
        while (end := self._buffer.find(b"\n", 0, limit)) < 0 and len(self._buffer) < limit:
            remaining = self.deadline - self._clock()
            if remaining <= 0:
                raise TimeoutError("timed out")
            self._socket.settimeout(remaining)
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                break
            self._buffer += chunk
        length = end + 1 if end >= 0 else limit
        line, self._buffer = self._buffer[:length], self._buffer[length:]
        return line

    def close(self) -> None:
        """Does nothing; smtplib calls it, as it would close a file."""
