"""An open SMTP connection: commands and letters out, replies in, each within its time."""

import contextlib
import smtplib
from collections.abc import Callable
from socket import SHUT_RDWR, socket
from ssl import SSLSocket

from digest.mail.transports.smtp_connect import SmtpServer
from digest.mail.transports.smtp_line_reader import BoundedLines
from digest.mail.transports.smtp_reply import Reply, read_reply

LOST = (smtplib.SMTPException, OSError)

_START_INPUT = 354


class SmtpConnection:
    """One connection, for one thread.

    Args:
        connection: greeted, and logged in where that is wanted.
        clock: seconds that only grow.
    """

    def __init__(self, connection: smtplib.SMTP, *, clock: Callable[[], float]) -> None:
        if connection.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self._connection = connection
        self._socket = connection.sock
        self._lines = BoundedLines(connection.sock, clock=clock)
        self._clock = clock
        self._opened_at = clock()
        self._spoilt = False  # the conversation is not where RSET could bring it back
        self._offered = frozenset(connection.esmtp_features)
        self.pipelining = self.offers("pipelining")
        self.letters = 0
        self.asked: tuple[str, ...] | None = None  # commands whose replies are not read yet

    def is_worn(self, server: SmtpServer) -> bool:
        """Whether it has carried enough letters, or is old."""
        old = self._clock() - self._opened_at >= server.most_seconds
        return old or self.letters >= server.most_letters

    def offers(self, extension: str) -> bool:
        """Whether the server said so in its answer to EHLO."""
        return extension in self._offered

    def ask(self, commands: tuple[str, ...], *, within: float) -> None:
        """Sends commands, all at once if the server can, else the first; see `answers`."""
        first = commands if self.pipelining else commands[:1]
        self._socket.settimeout(within)
        self._socket.sendall(_lines_of(first))
        self.asked = commands

    def answers(self, *, within: float) -> list[Reply]:
        """The replies to what was asked, up to the first that declines."""
        commands, self.asked = self.asked or (), None
        if self.pipelining:
            return self._all_answers(len(commands), within)
        replies = [self.read(within=within)]
        for command in commands[1:]:
            if not 200 <= replies[-1].code < 300:
                break
            self._socket.sendall(_lines_of((command,)))
            replies.append(self.read(within=within))
        return replies

    def _all_answers(self, count: int, within: float) -> list[Reply]:
        replies: list[Reply] = []
        declined = False
        for _ in range(count):
            try:
                replies.append(self.read(within=within))
            except OSError:
                if not declined:
                    raise
                self._spoilt = True
                break
            # A server may want the letter although it declined its only recipient.
            self._spoilt = declined and replies[-1].code == _START_INPUT
            declined = declined or replies[-1].code >= 300
        return replies

    def write_letter(
        self, message: bytes, *, end: bytes, then: tuple[str, ...] | None, within: float
    ) -> None:
        """Sends a letter, its end with the final dot, and commands behind it.

        Raises:
            OSError: the last byte of its end was not sent.
        """
        tail = end if then is None else end + _lines_of(then)
        sent, whole = 0, len(message) + len(end)
        self._socket.settimeout(within)
        try:
            if not isinstance(self._socket, SSLSocket):
                sent = self._socket.sendmsg((message, tail))  # nothing is copied
            while sent < len(message) + len(tail):
                sent += self._socket.send(memoryview(message + tail)[sent:])
        except OSError:
            if sent < whole:
                raise  # if not, the letter is over there whole: its reply may come
        self.asked = then

    def read(self, *, within: float) -> Reply:
        """The next reply, whole within so many seconds."""
        self._lines.until = self._clock() + within
        return read_reply(self._lines)

    def reset(self, seconds: float) -> bool:
        """Forgets the letter begun; False if the connection is of no more use."""
        if self._spoilt:
            return False
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(b"RSET\r\n")
            return self.read(within=seconds).code == 250
        except LOST:
            return False

    def cut(self) -> None:
        """From another thread: what waits for the other side fails at once; never fails itself."""
        # Of the plain socket: that of TLS would first forget that it is to encrypt.
        with contextlib.suppress(OSError):
            socket.shutdown(self._socket, SHUT_RDWR)

    def close(self, *, quit_within: float | None) -> None:
        """Closes it, with a QUIT if time is given for it; never fails."""
        if quit_within is not None and self.asked is None:
            with contextlib.suppress(*LOST):
                self._socket.settimeout(quit_within)
                self._socket.sendall(b"QUIT\r\n")
                self.read(within=quit_within)
        self._connection.close()


def _lines_of(commands: tuple[str, ...]) -> bytes:
    return "".join(f"{command}\r\n" for command in commands).encode("ascii")
