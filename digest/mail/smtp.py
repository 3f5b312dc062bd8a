"""One SMTP connection, kept and renewed, and what the server said of each letter.

MAIL, RCPT and DATA are driven here rather than by `smtplib.SMTP.sendmail`, because only
then is it known on which side of the final dot a connection was lost: before it the
letter was not taken, after it nobody can tell (RFC 5321, 4.1.1.4 and 4.5.3.2). Where the
server offers PIPELINING (RFC 2920), the three go out together.
"""

import contextlib
import re
import smtplib
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from digest.core.model import Deferred, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused
from digest.mail.smtp_connect import Server, connect, error_words
from digest.mail.smtp_reply import Reply, read_reply

_ADDRESS = re.compile(r"[!-;=?-~]{1,320}")  # printable ASCII without spaces and angle brackets
_ANY_END = re.compile(rb"\r\n|\r|\n")
_ALL_BUT_ENDS = bytes(set(range(256)) - set(b"\r\n"))
_START_INPUT = 354
_CLOSING = 421  # RFC 5321, 3.8: the server closes the connection after this reply
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})  # RFC 3463, RFC 1870
_LOST = (smtplib.SMTPException, OSError)


class SmtpTransport:
    """A connection that is opened when entered, kept for many letters, and renewed if lost.

    Not for several threads: each has its own.

    Args:
        server: where to connect, and how.
        clock: seconds that only grow, such as `time.monotonic`.

    Raises:
        DeliveryError: on entering, when the server cannot be used now.
        DeliveryRefused: on entering, when it refuses TLS or the login.
    """

    def __init__(self, server: Server, *, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._link: _Link | None = None
        self._is_cut = False

    def __enter__(self) -> Self:
        self._link = self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After an exception nobody knows where the conversation stands: it is cut off.
        self._leave(politely=kind is None)

    def send(self, *, sender: str, recipient: str, message: bytes) -> Outcome:
        """Hands one letter over.

        Args:
            sender: the envelope's return path, ASCII.
            recipient: the envelope's recipient, ASCII.
            message: the whole message.

        Returns:
            What became of the letter. After a lost connection the next letter opens
            a new one.

        Raises:
            DeliveryError: there was no connection, and none can be opened.
            DeliveryRefused: the server refuses the sender, and so every letter.
            DeliveryBlocked: it refuses mail by policy, and so every letter.
        """
        for address in (sender, recipient):
            if not _ADDRESS.fullmatch(address):
                return Refused(reason=f"{address!r} cannot be written in SMTP: it must be ASCII")
        if self._link is not None and self._link.is_worn(self._server, self._clock()):
            self._leave(politely=True)
        if self._link is None:
            self._link = self._open()
        if not (message.isascii() or self._link.offers("8bitmime")):
            return Refused(reason="the message is not ASCII, and the server offers no 8BITMIME")
        used = self._link.letters > 0
        outcome = self._hand_over(self._link, sender, recipient, message)
        if outcome is None and used:  # the server ended a connection that had stood idle
            self._link = self._open()
            outcome = self._hand_over(self._link, sender, recipient, message)
        return outcome or Deferred(reason="the server ends every connection at once", code=_CLOSING)

    def cut(self) -> None:
        """From another thread: no answer is waited for any longer, and no letter begun."""
        self._is_cut = True
        link = self._link
        if link is not None:
            link.cut()

    def _open(self) -> "_Link":
        if self._is_cut:
            raise DeliveryError("stopped before the letter was handed over")
        return _Link(connect(self._server), opened_at=self._clock())

    def _hand_over(
        self, link: "_Link", sender: str, recipient: str, message: bytes
    ) -> Outcome | None:
        """The letter's outcome; None if a used connection was over before it began."""
        used = link.letters > 0
        link.letters += 1
        try:
            step, reply = self._offer(link, sender, recipient, message)
            if reply.code == _START_INPUT and step == "DATA":
                link.wait(self._server.data_timeout)
                link.write(_framed(message))
                return self._taken(link)
        except _LOST as error:
            self._leave(politely=False)
            if used and not isinstance(error, TimeoutError):
                return None
            return Deferred(
                reason=f"connection lost before the letter was handed over: {error_words(error)}"
            )
        if reply.code == _CLOSING and step == "MAIL" and used:
            self._leave(politely=False)
            return None
        return self._declined(link, step, reply)

    def _offer(
        self, link: "_Link", sender: str, recipient: str, message: bytes
    ) -> tuple[str, Reply]:
        """The first step that was declined, or DATA, and the reply to it."""
        size = f" SIZE={len(message)}" if link.offers("size") else ""
        body = "" if message.isascii() else " BODY=8BITMIME"
        commands = (f"MAIL FROM:<{sender}>{size}{body}", f"RCPT TO:<{recipient}>", "DATA")
        link.wait(self._server.timeout)
        replies = link.ask(commands)
        for step, reply in zip(("MAIL", "RCPT"), replies, strict=False):
            if reply.code >= 300:
                return step, reply
        return "DATA", replies[-1]

    def _taken(self, link: "_Link") -> Outcome:
        """What the server says after the final dot."""
        try:
            link.wait(self._server.dot_timeout)
            reply = link.read()
        except _LOST as error:
            self._leave(politely=False)
            return InDoubt(reason=f"connection lost after the final dot: {error_words(error)}")
        if reply.code < 300:
            return Sent(reply=reply.words)
        if reply.code < 400:
            self._leave(politely=False)
            return InDoubt(reason=f"no answer to the final dot: {reply.words}")
        return self._declined(link, "the final dot", reply)

    def _declined(self, link: "_Link", step: str, reply: Reply) -> Outcome:
        """What a reply other than the hoped for means, and the connection made ready again."""
        if reply.code < 400:
            self._leave(politely=False)
            return Deferred(reason=f"unexpected answer to {step}: {reply.words}", code=reply.code)
        if reply.code == _CLOSING or not link.reset(self._server.timeout):
            self._leave(politely=False)
        if reply.code < 500:
            return Deferred(reason=reply.words, code=reply.code)
        if _is_policy(reply):
            self._leave(politely=False)
            raise DeliveryBlocked(
                f"{self._server} refuses mail as a whole: {reply.words}; the rest stays queued"
            )
        if step == "MAIL" and reply.code != 552 and reply.status not in _TOO_LARGE:
            self._leave(politely=False)
            raise DeliveryRefused(
                f"{self._server} refuses the sender: {reply.words}; check DIGEST_FROM"
            )
        return Refused(reason=reply.words, code=reply.code)

    def _leave(self, *, politely: bool) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close(quit_within=self._server.timeout if politely else None)


class _Link:
    """An open connection."""

    def __init__(self, connection: smtplib.SMTP, *, opened_at: float) -> None:
        self._connection = connection
        if connection.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self._socket = connection.sock
        self._file = connection.file or connection.sock.makefile("rb")
        self._pipelining = connection.has_extn("pipelining")
        self._spoilt = False  # the conversation is not where RSET could bring it back
        self.opened_at = opened_at
        self.letters = 0

    def is_worn(self, server: Server, now: float) -> bool:
        """Whether it has carried enough letters, or is old."""
        return self.letters >= server.most_letters or now - self.opened_at >= server.most_seconds

    def offers(self, extension: str) -> bool:
        """Whether the server said so in its answer to EHLO."""
        return self._connection.has_extn(extension)

    def wait(self, seconds: float) -> None:
        """How long the next reads and writes may stand still."""
        self._socket.settimeout(seconds)

    def write(self, data: bytes) -> None:
        """All of it, or an OSError: then its last byte was not sent."""
        self._socket.sendall(data)

    def read(self) -> Reply:
        """The next reply."""
        return read_reply(self._file)

    def ask(self, commands: tuple[str, ...]) -> list[Reply]:
        """The replies up to the first that declines; all commands at once if the server can."""
        replies: list[Reply] = []
        if not self._pipelining:
            for command in commands:
                self.write(f"{command}\r\n".encode("ascii"))
                replies.append(self.read())
                if not 200 <= replies[-1].code < 300:
                    break
            return replies
        self.write("".join(f"{command}\r\n" for command in commands).encode("ascii"))
        declined = False
        for _ in commands:
            try:
                replies.append(self.read())
            except OSError:
                if not declined:
                    raise
                self._spoilt = True
                break
            # A server may want the letter although it declined its only recipient.
            self._spoilt = declined and replies[-1].code == _START_INPUT
            declined = declined or replies[-1].code >= 300
        return replies

    def reset(self, seconds: float) -> bool:
        """Forgets the letter begun; False if the connection is of no more use."""
        if self._spoilt:
            return False
        try:
            self.wait(seconds)
            self.write(b"RSET\r\n")
            return self.read().code == 250
        except _LOST:
            return False

    def cut(self) -> None:
        """Lets whatever waits for the other side fail at once; never fails itself."""
        # Of the plain socket: that of TLS would first forget that it is to encrypt.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self, *, quit_within: float | None) -> None:
        """Closes it, with a QUIT if time is given for it; never fails."""
        if quit_within is not None:
            with contextlib.suppress(*_LOST):
                self.wait(quit_within)
                self.write(b"QUIT\r\n")
                self.read()
        with contextlib.suppress(OSError):
            self._file.close()
        self._connection.close()


def _is_policy(reply: Reply) -> bool:
    """Whether a refusal is about this sender or server, not about one letter or mailbox.

    RFC 3463: 5.7.x is about policy and security. 554 without such a status is what servers
    say to those they do not take mail from (RFC 5321, 4.2.2 and 4.3.2).
    """
    return reply.status.startswith("5.7.") or (reply.code == 554 and not reply.status)


def _framed(message: bytes) -> bytes:
    """The message as DATA takes it: ended by CRLF, its leading dots doubled, then the dot."""
    if len(message.translate(None, _ALL_BUT_ENDS)) != 2 * message.count(b"\r\n"):
        message = _ANY_END.sub(b"\r\n", message)  # a bare one could end the letter elsewhere
    if message.startswith(b"."):
        message = b"." + message
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
