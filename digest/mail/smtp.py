"""One SMTP connection, and what the server said of each letter.

MAIL, RCPT and DATA are driven here rather than by `smtplib.SMTP.sendmail`, because only
then is it known on which side of the final dot a connection was lost: before it the
letter was not taken, after it nobody can tell (RFC 5321, 4.1.1.4 and 4.5.3.2).
"""

import contextlib
import re
import smtplib
from types import TracebackType
from typing import Self

from digest.core.model import Deferred, InDoubt, Outcome, Refused, Sent
from digest.errors import DeliveryRefused
from digest.mail.smtp_connect import Server, connect, error_words, reply_words

_LEADING_DOT = re.compile(rb"(?m)^\.")
_ENHANCED = re.compile(r"\d{3} 5\.(?P<subject>\d{1,3})\.\d{1,3}\b")
_START_INPUT = 354
_CLOSING = 421  # RFC 5321, 3.8: the server closes the connection after this reply
_WAIT_AFTER_DOT = 600.0  # seconds; RFC 5321, 4.5.3.2.6


class SmtpTransport:
    """A connection that is opened when entered, kept for all letters, and renewed if lost.

    Args:
        server: where to connect, and how.

    Raises:
        DeliveryError: on entering, when the server cannot be used now.
        DeliveryRefused: on entering, when it refuses TLS or the login.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        self._connection = connect(self._server)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After an exception nobody knows where the conversation stands: it is cut off.
        if self._connection is not None and kind is None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._drop()

    def send(self, *, sender: str, recipient: str, message: bytes) -> Outcome:
        """Hands one letter over.

        Args:
            sender: the envelope's return path.
            recipient: the envelope's recipient.
            message: the whole message, its lines ended by CRLF.

        Returns:
            What became of the letter. After a lost connection the next letter opens
            a new one.

        Raises:
            DeliveryError: there was no connection, and none can be opened.
            DeliveryRefused: the server refuses the sender or all mail, and so every letter.
        """
        if self._connection is None:
            self._connection = connect(self._server)
        connection = self._connection
        try:
            code, reply = self._envelope(connection, sender, recipient)
            if code != _START_INPUT:
                return self._declined(connection, code, reply)
            connection.send(_LEADING_DOT.sub(b"..", message))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Deferred(
                reason=f"connection lost before the letter was handed over: {error_words(error)}"
            )
        try:
            code, reply = _finish(connection, message, timeout=self._server.timeout)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return InDoubt(reason=f"connection lost after the final dot: {error_words(error)}")
        if 200 <= code < 300:
            return Sent(reply=reply_words(code, reply))
        return self._declined(connection, code, reply)

    def _envelope(self, connection: smtplib.SMTP, sender: str, recipient: str) -> tuple[int, bytes]:
        code, reply = connection.mail(sender)
        if code >= 500:
            self._drop()
            raise DeliveryRefused(
                f"{self._server} refuses the sender {sender}: {reply_words(code, reply)}; "
                "check DIGEST_FROM"
            )
        if code < 400:
            code, reply = connection.rcpt(recipient)
        if code < 400:
            code, reply = connection.docmd("DATA")
        return code, reply

    def _declined(self, connection: smtplib.SMTP, code: int, reply: bytes) -> Outcome:
        if code == _CLOSING:
            self._drop()
        else:
            try:
                connection.rset()
            except (smtplib.SMTPException, OSError):
                self._drop()
        words = reply_words(code, reply)
        if _is_for_all(code, words):
            self._drop()
            raise DeliveryRefused(
                f"{self._server} refuses mail as a whole: {words}; the rest stays queued"
            )
        return (
            Refused(reason=words, code=code) if code >= 500 else Deferred(reason=words, code=code)
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_for_all(code: int, words: str) -> bool:
    """Whether a refusal is about this sender or server, not about one letter or mailbox.

    RFC 3463: 5.7.x is about policy and security. 554 without such a status is what servers
    say to those they do not take mail from (RFC 5321, 4.2.2 and 4.3.2).
    """
    status = _ENHANCED.match(words)
    if code < 500:
        return False
    return code == 554 if status is None else status["subject"] == "7"


def _finish(connection: smtplib.SMTP, message: bytes, *, timeout: float) -> tuple[int, bytes]:
    """Sends the final dot and waits, long, for the reply that makes the letter theirs."""
    if connection.sock is not None:
        connection.sock.settimeout(max(timeout, _WAIT_AFTER_DOT))
    connection.send(b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
    code, reply = connection.getreply()
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    return code, reply
