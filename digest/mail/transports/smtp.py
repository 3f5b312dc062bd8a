"""Sends messages over SMTP, one connection at a time, and derives the outcome from the replies.

This module sends MAIL, RCPT and DATA itself instead of calling `smtplib.SMTP.sendmail`, because
the outcome depends on when a connection was lost: before the final dot, the server did not
accept the message; after it, nobody can know (RFC 5321, 4.1.1.4 and 4.5.3.2). If the server
offers PIPELINING (RFC 2920), the three commands go out together, and the commands of the next
message go out with the end of the current one (3.1 allows a message at the start of a group), so
that a message costs one round trip.
"""

import re
from collections.abc import Callable
from types import TracebackType
from typing import Self

from digest.core.models.delivery import Deferred, Envelope, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused
from digest.mail.message.crlf import CrlfBytes
from digest.mail.transports.smtp_connect import SmtpServer, connect, error_text
from digest.mail.transports.smtp_connection import CONNECTION_ERRORS, SmtpConnection
from digest.mail.transports.smtp_reply import Reply

_ADDRESS = re.compile(r"[!-;=?-~]{1,320}")  # printable ASCII without spaces and angle brackets
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_WITH_DOT = re.compile(rb"\r\n\.")
_START_INPUT = 354
_CLOSING = 421  # RFC 5321, 3.8: the server closes the connection after this reply
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})  # RFC 3463, RFC 1870


class SmtpTransport:
    """Opens a connection when entered, sends many messages over it, and renews it if it is lost.

    Not for several threads: each thread needs its own transport.

    Args:
        server: the address of the server, and how to connect to it.
        clock: a monotonic clock, in seconds, such as `time.monotonic`.

    Raises:
        DeliveryError: on entering, if the server cannot be used at the moment.
        DeliveryRefused: on entering, if the server rejects TLS or the login.
    """

    def __init__(self, server: SmtpServer, *, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._connection: SmtpConnection | None = None
        self._sends_ahead = True
        self._is_interrupted = False

    def __enter__(self) -> Self:
        self._connection = self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After an exception, the state of the session is unknown: close it without a QUIT.
        self._close(with_quit=kind is None)

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Sends one message.

        Args:
            sender: the return path of the envelope, ASCII.
            recipient: the recipient of the envelope, ASCII.
            message: the whole message.
            following: the message that the caller intends to send next. Its sender and
                recipient may go out with the end of this message. If the caller then sends
                another message instead, that costs a new connection.

        Returns:
            The outcome of this message. After a lost connection, the next message opens a
            new one.

        Raises:
            DeliveryError: there is no connection, and none can be opened.
            DeliveryRefused: the server rejects the sender, and so all messages.
            DeliveryBlocked: the server rejects the sender by policy, and so all messages.
        """
        envelope = Envelope(sender=sender, recipient=recipient, message=message)
        refused = _address_problem(envelope)
        if refused is not None:
            return refused
        if self._connection is not None and self._connection.should_renew(self._server):
            self._close(with_quit=True)
        if self._connection is None:
            self._connection = self._open()
        if not (message.isascii() or self._connection.offers("8bitmime")):
            return Refused(reason="the message is not ASCII, and the server offers no 8BITMIME")
        # A server may close an idle connection at any time. A first failure on a used connection
        # is therefore no failure of this message, and a new connection is tried once.
        was_used = self._connection.messages > 0
        outcome = self._attempt(self._connection, envelope, following)
        if outcome is None and was_used:  # the server had closed the idle connection
            self._connection = self._open()
            outcome = self._attempt(self._connection, envelope, following)
        return outcome or Deferred(reason="the server ends every connection at once", code=_CLOSING)

    def interrupt(self) -> None:
        """Stops waiting for replies, and begins no further message; called from another thread."""
        self._is_interrupted = True
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def _open(self) -> SmtpConnection:
        if self._is_interrupted:
            raise DeliveryError("stopped before the message was handed over")
        return SmtpConnection(connect(self._server, clock=self._clock), clock=self._clock)

    def _attempt(
        self, connection: SmtpConnection, envelope: Envelope, following: Envelope | None
    ) -> Outcome | None:
        """Returns the outcome; None if a used connection was already closed by the server."""
        was_used = connection.messages > 0
        connection.messages += 1
        commands = self._commands(connection, envelope)
        sent_ahead = connection.pending_commands is not None
        try:
            if sent_ahead and connection.pending_commands != commands:
                # The server already expects another message, and RSET cannot be sent now.
                raise ConnectionError("another message was announced")
            if not sent_ahead:
                connection.send_commands(commands, timeout=self._server.timeout)
            step, reply = _rejected_step(connection.read_replies(timeout=self._server.timeout))
            if step == "DATA" and reply.code == _START_INPUT:
                self._send_data(connection, envelope.message, following)
                return self._read_final_reply(connection)
        except CONNECTION_ERRORS as error:
            self._close(with_quit=False)
            if sent_ahead and isinstance(error, TimeoutError):
                # The server may have dropped the commands that came with the last message.
                self._sends_ahead = False
            elif isinstance(error, TimeoutError) or not was_used:
                return Deferred(
                    reason=f"connection lost before the message was handed over: {error_text(error)}"
                )
            return None
        # 421 to MAIL on a used connection: an idle timeout, announced politely.
        if reply.code == _CLOSING and step == "MAIL" and was_used:
            self._close(with_quit=False)
            return None
        return self._rejected_outcome(connection, step, reply)

    def _send_data(
        self, connection: SmtpConnection, message: bytes, following: Envelope | None
    ) -> None:
        """Sends the message, and with its end the commands for the next message."""
        next_commands = None
        if (
            following is not None
            and self._sends_ahead
            and connection.pipelining
            and not connection.should_renew(self._server)
            and _address_problem(following) is None
            and (following.message.isascii() or connection.offers("8bitmime"))
        ):
            next_commands = self._commands(connection, following)
        body, end = _framed(message)
        connection.send_message(
            body, end=end, next_commands=next_commands, timeout=self._server.data_timeout
        )

    def _commands(self, connection: SmtpConnection, envelope: Envelope) -> tuple[str, str, str]:
        """Returns the commands that come before a message, in their order."""
        size = f" SIZE={len(envelope.message)}" if connection.offers("size") else ""
        body = "" if envelope.message.isascii() else " BODY=8BITMIME"
        return (
            f"MAIL FROM:<{envelope.sender}>{size}{body}",
            f"RCPT TO:<{envelope.recipient}>",
            "DATA",
        )

    def _read_final_reply(self, connection: SmtpConnection) -> Outcome:
        """Reads the reply to the final dot."""
        try:
            reply = connection.read_reply(timeout=self._server.dot_timeout)
        except CONNECTION_ERRORS as error:
            self._close(with_quit=False)
            return InDoubt(reason=f"connection lost after the final dot: {error_text(error)}")
        if reply.code < 300:
            return Sent(reply=reply.text)
        # 3xx is not allowed here, so it is unknown whether the server accepted the message.
        if reply.code < 400:
            self._close(with_quit=False)
            return InDoubt(reason=f"no answer to the final dot: {reply.text}")
        return self._rejected_outcome(connection, "the final dot", reply)

    def _rejected_outcome(self, connection: SmtpConnection, step: str, reply: Reply) -> Outcome:
        """Maps a reply that rejects the message to an outcome, and resets the connection."""
        if reply.code < 400:
            self._close(with_quit=False)
            return Deferred(reason=f"unexpected answer to {step}: {reply.text}", code=reply.code)
        # If the commands of the next message are pending, RSET would cancel that message.
        if reply.code == _CLOSING or (
            connection.pending_commands is None and not connection.reset(self._server.timeout)
        ):
            self._close(with_quit=False)
        if reply.code < 500:
            return Deferred(reason=reply.text, code=reply.code)
        if _is_policy(reply):
            if step != "MAIL":  # about this message; whether about all, the next ones will show
                return Deferred(reason=reply.text, code=reply.code, policy=True)
            self._close(with_quit=False)
            raise DeliveryBlocked(
                f"{self._server} refuses mail as a whole: {reply.text}; the rest stays queued"
            )
        # 552 and these status codes are about the size of this message, not about the sender.
        if step == "MAIL" and reply.code != 552 and reply.status not in _TOO_LARGE:
            self._close(with_quit=False)
            raise DeliveryRefused(
                f"{self._server} refuses the sender: {reply.text}; check DIGEST_FROM"
            )
        return Refused(reason=reply.text, code=reply.code, status=reply.status)

    def _close(self, *, with_quit: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(quit_timeout=self._server.timeout if with_quit else None)


def _is_policy(reply: Reply) -> bool:
    """Whether a rejection is about this sender or server, not about one message or mailbox.

    RFC 3463: 5.7.x is about policy and security. Servers send 554 without such a status to
    clients from which they accept no mail (RFC 5321, 4.2.2 and 4.3.2).
    """
    return reply.status.startswith("5.7.") or (reply.code == 554 and not reply.status)


def _address_problem(envelope: Envelope) -> Refused | None:
    for address in (envelope.sender, envelope.recipient):
        if not _ADDRESS.fullmatch(address):
            return Refused(reason=f"{address!r} cannot be written in SMTP: it must be ASCII")
    return None


def _rejected_step(replies: list[Reply]) -> tuple[str, Reply]:
    """Returns the first rejected step and its reply; DATA and its reply if none is rejected."""
    for step, reply in zip(("MAIL", "RCPT"), replies, strict=False):
        if reply.code >= 300:
            return step, reply
    return "DATA", replies[-1]


def _framed(message: bytes) -> tuple[bytes, bytes]:
    """Returns the message with its leading dots doubled, and the end with the final dot."""
    if not isinstance(message, CrlfBytes):
        # Some servers end the message at a bare CR or LF.
        message = _LINE_END.sub(b"\r\n", message)
    if message.startswith(b"."):
        message = b"." + message
    if _LINE_WITH_DOT.search(message):
        message = message.replace(b"\r\n.", b"\r\n..")
    return message, b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
