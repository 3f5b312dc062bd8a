"""One SMTP connection, kept and renewed, and what the server said of each letter.

MAIL, RCPT and DATA are driven here rather than by `smtplib.SMTP.sendmail`, because only
then is it known on which side of the final dot a connection was lost: before it the
letter was not taken, after it nobody can tell (RFC 5321, 4.1.1.4 and 4.5.3.2). Where the
server offers PIPELINING (RFC 2920), the three go out together, and those of the next
letter with the end of this one (3.1: a message may begin a group of commands), so that a
letter costs one round trip.
"""

import re
from collections.abc import Callable
from types import TracebackType
from typing import Self

from digest.core.models.delivery import Deferred, Envelope, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused
from digest.mail.message.crlf import CrlfBytes
from digest.mail.transports.smtp_connect import SmtpServer, connect, error_words
from digest.mail.transports.smtp_connection import LOST, SmtpConnection
from digest.mail.transports.smtp_reply import Reply

_ADDRESS = re.compile(r"[!-;=?-~]{1,320}")  # printable ASCII without spaces and angle brackets
_ANY_END = re.compile(rb"\r\n|\r|\n")
_DOT_FIRST = re.compile(rb"\r\n\.")
_START_INPUT = 354
_CLOSING = 421  # RFC 5321, 3.8: the server closes the connection after this reply
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})  # RFC 3463, RFC 1870


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

    def __init__(self, server: SmtpServer, *, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._link: SmtpConnection | None = None
        self._asks_ahead = True
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

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Hands one letter over.

        Args:
            sender: the envelope's return path, ASCII.
            recipient: the envelope's recipient, ASCII.
            message: the whole message.
            following: the letter that this connection is to send next. Its sender and
                recipient may go out with the end of this one. If another letter is sent
                next after all, that costs a new connection.

        Returns:
            What became of the letter. After a lost connection the next letter opens
            a new one.

        Raises:
            DeliveryError: there was no connection, and none can be opened.
            DeliveryRefused: the server refuses the sender, and so every letter.
            DeliveryBlocked: it refuses the sender by policy, and so every letter.
        """
        letter = Envelope(sender=sender, recipient=recipient, message=message)
        refused = _unwritable(letter)
        if refused is not None:
            return refused
        if self._link is not None and self._link.is_worn(self._server):
            self._leave(politely=True)
        if self._link is None:
            self._link = self._open()
        if not (message.isascii() or self._link.offers("8bitmime")):
            return Refused(reason="the message is not ASCII, and the server offers no 8BITMIME")
        used = self._link.letters > 0
        outcome = self._hand_over(self._link, letter, following)
        if outcome is None and used:  # the server ended a connection that had stood idle
            self._link = self._open()
            outcome = self._hand_over(self._link, letter, following)
        return outcome or Deferred(reason="the server ends every connection at once", code=_CLOSING)

    def cut(self) -> None:
        """From another thread: no answer is waited for any longer, and no letter begun."""
        self._is_cut = True
        link = self._link
        if link is not None:
            link.cut()

    def _open(self) -> SmtpConnection:
        if self._is_cut:
            raise DeliveryError("stopped before the letter was handed over")
        return SmtpConnection(connect(self._server, clock=self._clock), clock=self._clock)

    def _hand_over(
        self, link: SmtpConnection, letter: Envelope, following: Envelope | None
    ) -> Outcome | None:
        """The letter's outcome; None if a used connection was over before it began."""
        used = link.letters > 0
        link.letters += 1
        commands = self._commands(link, letter)
        ahead = link.asked is not None
        try:
            if ahead and link.asked != commands:
                raise ConnectionError("another letter was announced")  # there is no way back
            if not ahead:
                link.ask(commands, within=self._server.timeout)
            step, reply = _declining(link.answers(within=self._server.timeout))
            if step == "DATA" and reply.code == _START_INPUT:
                self._write(link, letter.message, following)
                return self._taken(link)
        except LOST as error:
            self._leave(politely=False)
            if ahead and isinstance(error, TimeoutError):
                self._asks_ahead = False  # it may not have seen what came with the last letter
            elif isinstance(error, TimeoutError) or not used:
                return Deferred(
                    reason=f"connection lost before the letter was handed over:"
                    f" {error_words(error)}"
                )
            return None
        if reply.code == _CLOSING and step == "MAIL" and used:
            self._leave(politely=False)
            return None
        return self._declined(link, step, reply)

    def _write(self, link: SmtpConnection, message: bytes, following: Envelope | None) -> None:
        """The message, and with its end the commands for the letter that follows."""
        commands = None
        if (
            following is not None
            and self._asks_ahead
            and link.pipelining
            and not link.is_worn(self._server)
            and _unwritable(following) is None
            and (following.message.isascii() or link.offers("8bitmime"))
        ):
            commands = self._commands(link, following)
        body, end = _framed(message)
        link.write_letter(body, end=end, then=commands, within=self._server.data_timeout)

    def _commands(self, link: SmtpConnection, letter: Envelope) -> tuple[str, str, str]:
        """What comes before a letter, in this order."""
        size = f" SIZE={len(letter.message)}" if link.offers("size") else ""
        body = "" if letter.message.isascii() else " BODY=8BITMIME"
        return (
            f"MAIL FROM:<{letter.sender}>{size}{body}",
            f"RCPT TO:<{letter.recipient}>",
            "DATA",
        )

    def _taken(self, link: SmtpConnection) -> Outcome:
        """What the server says after the final dot."""
        try:
            reply = link.read(within=self._server.dot_timeout)
        except LOST as error:
            self._leave(politely=False)
            return InDoubt(reason=f"connection lost after the final dot: {error_words(error)}")
        if reply.code < 300:
            return Sent(reply=reply.words)
        if reply.code < 400:
            self._leave(politely=False)
            return InDoubt(reason=f"no answer to the final dot: {reply.words}")
        return self._declined(link, "the final dot", reply)

    def _declined(self, link: SmtpConnection, step: str, reply: Reply) -> Outcome:
        """What a reply other than the hoped for means, and the connection made ready again."""
        if reply.code < 400:
            self._leave(politely=False)
            return Deferred(reason=f"unexpected answer to {step}: {reply.words}", code=reply.code)
        # What was asked for the next letter goes on; it needs no RSET, and bears none.
        if reply.code == _CLOSING or (link.asked is None and not link.reset(self._server.timeout)):
            self._leave(politely=False)
        if reply.code < 500:
            return Deferred(reason=reply.words, code=reply.code)
        if _is_policy(reply):
            if step != "MAIL":  # of one letter: whether of all, more of them tell
                return Deferred(reason=reply.words, code=reply.code, policy=True)
            self._leave(politely=False)
            raise DeliveryBlocked(
                f"{self._server} refuses mail as a whole: {reply.words}; the rest stays queued"
            )
        if step == "MAIL" and reply.code != 552 and reply.status not in _TOO_LARGE:
            self._leave(politely=False)
            raise DeliveryRefused(
                f"{self._server} refuses the sender: {reply.words}; check DIGEST_FROM"
            )
        return Refused(reason=reply.words, code=reply.code, status=reply.status)

    def _leave(self, *, politely: bool) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close(quit_within=self._server.timeout if politely else None)


def _is_policy(reply: Reply) -> bool:
    """Whether a refusal is about this sender or server, not about one letter or mailbox.

    RFC 3463: 5.7.x is about policy and security. 554 without such a status is what servers
    say to those they do not take mail from (RFC 5321, 4.2.2 and 4.3.2).
    """
    return reply.status.startswith("5.7.") or (reply.code == 554 and not reply.status)


def _unwritable(letter: Envelope) -> Refused | None:
    for address in (letter.sender, letter.recipient):
        if not _ADDRESS.fullmatch(address):
            return Refused(reason=f"{address!r} cannot be written in SMTP: it must be ASCII")
    return None


def _declining(replies: list[Reply]) -> tuple[str, Reply]:
    """The first step that was declined, or DATA, and the reply to it."""
    for step, reply in zip(("MAIL", "RCPT"), replies, strict=False):
        if reply.code >= 300:
            return step, reply
    return "DATA", replies[-1]


def _framed(message: bytes) -> tuple[bytes, bytes]:
    """The message as DATA takes it, its leading dots doubled; and what ends it, with the dot."""
    if not isinstance(message, CrlfBytes):
        message = _ANY_END.sub(b"\r\n", message)  # a bare one could end the letter elsewhere
    if message.startswith(b"."):
        message = b"." + message
    if _DOT_FIRST.search(message):
        message = message.replace(b"\r\n.", b"\r\n..")
    return message, b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
