"""An open SMTP connection: sends commands and messages, and reads replies with time limits."""

import contextlib
import smtplib
from collections.abc import Callable
from socket import SHUT_RDWR, socket
from ssl import SSLSocket

from digest.mail.transports.smtp_connect import SmtpServer
from digest.mail.transports.smtp_line_reader import DeadlineLineReader
from digest.mail.transports.smtp_reply import Reply, read_reply

CONNECTION_ERRORS = (smtplib.SMTPException, OSError)

_START_INPUT = 354


class SmtpConnection:
    """One connection, used by one thread.

    Args:
        connection: has received the greeting, and is logged in if a login is set.
        clock: a monotonic clock, in seconds.

    Attributes:
        pipelining: whether the server accepts several commands at once (RFC 2920).
        messages: how many messages were begun over this connection.
        pending_commands: commands that were sent and whose replies were not read yet.
    """

    def __init__(self, connection: smtplib.SMTP, *, clock: Callable[[], float]) -> None:
        if connection.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self._connection = connection
        self._socket = connection.sock
        self._lines = DeadlineLineReader(connection.sock, clock=clock)
        self._clock = clock
        self._opened_at = clock()
        self._is_unusable = False  # RSET cannot bring the session back to a known state
        self._extensions = frozenset(connection.esmtp_features)
        self.pipelining = self.offers("pipelining")
        self.messages = 0
        self.pending_commands: tuple[str, ...] | None = None

    def should_renew(self, server: SmtpServer) -> bool:
        """True when the connection reached its message or age limit."""
        is_old = self._clock() - self._opened_at >= server.max_age
        return is_old or self.messages >= server.max_messages

    def offers(self, extension: str) -> bool:
        """Whether the server named the extension in its reply to EHLO."""
        return extension in self._extensions

    def send_commands(self, commands: tuple[str, ...], *, timeout: float) -> None:
        """Sends all commands at once if the server supports that, otherwise the first one.

        `read_replies` sends the others and reads the replies.

        Args:
            commands: without line ends.
            timeout: seconds.
        """
        first = commands if self.pipelining else commands[:1]
        self._socket.settimeout(timeout)
        self._socket.sendall(_encoded(first))
        self.pending_commands = commands

    def read_replies(self, *, timeout: float) -> list[Reply]:
        """Returns the replies to the pending commands, up to the first that is not positive.

        Args:
            timeout: seconds for each reply.
        """
        commands, self.pending_commands = self.pending_commands or (), None
        if self.pipelining:
            return self._read_pipelined_replies(len(commands), timeout)
        replies = [self.read_reply(timeout=timeout)]
        for command in commands[1:]:
            if not 200 <= replies[-1].code < 300:
                break
            self._socket.sendall(_encoded((command,)))
            replies.append(self.read_reply(timeout=timeout))
        return replies

    def _read_pipelined_replies(self, count: int, timeout: float) -> list[Reply]:
        replies: list[Reply] = []
        is_rejected = False
        for _ in range(count):
            try:
                replies.append(self.read_reply(timeout=timeout))
            except OSError:
                if not is_rejected:
                    raise
                self._is_unusable = True
                break
            # A server may accept DATA although it rejected the only recipient.
            self._is_unusable = is_rejected and replies[-1].code == _START_INPUT
            is_rejected = is_rejected or replies[-1].code >= 300
        return replies

    def send_message(
        self,
        message: bytes,
        *,
        end: bytes,
        next_commands: tuple[str, ...] | None,
        timeout: float,
    ) -> None:
        """Sends a message, the end with the final dot, and then commands for the next message.

        Args:
            message: with its leading dots doubled.
            end: the final dot and its line ends.
            next_commands: sent with the end; they become the pending commands.
            timeout: seconds for each part.

        Raises:
            OSError: the end was not sent completely.
        """
        tail = end if next_commands is None else end + _encoded(next_commands)
        sent, message_length = 0, len(message) + len(end)
        self._socket.settimeout(timeout)
        try:
            if not isinstance(self._socket, SSLSocket):
                sent = self._socket.sendmsg((message, tail))  # without copying the message
            while sent < len(message) + len(tail):
                sent += self._socket.send(memoryview(message + tail)[sent:])
        except OSError:
            if sent < message_length:
                raise  # otherwise the server has the whole message, and may still reply
        self.pending_commands = next_commands

    def read_reply(self, *, timeout: float) -> Reply:
        """Reads the next reply; all of it must come within `timeout` seconds."""
        self._lines.deadline = self._clock() + timeout
        return read_reply(self._lines)

    def reset(self, timeout: float) -> bool:
        """Cancels the current message with RSET; False if the connection is unusable.

        Args:
            timeout: seconds.
        """
        if self._is_unusable:
            return False
        try:
            self._socket.settimeout(timeout)
            self._socket.sendall(b"RSET\r\n")
            return self.read_reply(timeout=timeout).code == 250
        except CONNECTION_ERRORS:
            return False

    def interrupt(self) -> None:
        """Makes a waiting read or write fail at once; called from another thread, never fails."""
        # Not self._socket.shutdown(): SSLSocket would drop its encryption state before that.
        with contextlib.suppress(OSError):
            socket.shutdown(self._socket, SHUT_RDWR)

    def close(self, *, quit_timeout: float | None) -> None:
        """Closes the connection; never fails.

        Args:
            quit_timeout: seconds for a QUIT before that; None: without a QUIT.
        """
        if quit_timeout is not None and self.pending_commands is None:
            with contextlib.suppress(*CONNECTION_ERRORS):
                self._socket.settimeout(quit_timeout)
                self._socket.sendall(b"QUIT\r\n")
                self.read_reply(timeout=quit_timeout)
        self._connection.close()


def _encoded(commands: tuple[str, ...]) -> bytes:
    return "".join(f"{command}\r\n" for command in commands).encode("ascii")
