"""A folder on an IMAP server, over verified TLS, with bounded answers and time."""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from digest.errors import InboxError
from digest.imap.address import folder_name, parse_address, quoted
from digest.printable import printable_line

_MORE = 100_000  # bytes of an answer besides the message in it
_NUMBER = re.compile(rb"[0-9]{1,20}")


class LoginError(InboxError):
    """The server cannot be reached, or refuses the account: another attempt would not help."""


class ImapFolder:
    r"""A folder; entering it connects, logs in and opens it.

    Args:
        url: `imaps://user@host[:port][/folder]`, or `imap://` with mandatory STARTTLS.
        password: sent only over an encrypted connection.
        password_name: the setting with the password, for messages.
        ca_file: additional trusted certificates, PEM.
        timeout: seconds for each reply of the server.
        total: seconds for all; None: no limit.
        read_only: the server must not change the folder, not even the flag \Seen.
        most: the largest number of bytes of one answer.

    Raises:
        UsageError: the URL is not valid, or contains a password.
        LoginError: on entering, if the folder cannot be opened.
        InboxError: later, if it cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        password: str,
        password_name: str,
        ca_file: Path | None = None,
        timeout: float = 60.0,
        total: float | None = None,
        read_only: bool = False,
        most: int = 2**20,
    ) -> None:
        self.address = parse_address(url, password_name=password_name)
        self._password = password
        self._ca_file = ca_file
        self._timeout = timeout
        self._total = total
        self._read_only = read_only
        self._most = most
        self._server: Any = None
        self._timer: threading.Timer | None = None
        self._is_late = False

    def __enter__(self) -> Self:
        place = self.address.place
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
            self._server = self._connected(context)
            self._log_in()
            name = quoted(self.address.folder)
            status, _ = self._server.select(folder_name(name), readonly=self._read_only)
        except (OSError, imaplib.IMAP4.error) as error:
            self._close()
            # A server may repeat the password in its answer.
            reason = self._reason(str(error).replace(self._password, "***"))
            raise LoginError(f"{place}: cannot be read: {reason}") from None
        except BaseException:
            self._close()
            raise
        if status != "OK":
            self._close()
            raise LoginError(
                f"{place}: has no folder {self.address.folder!r}; correct the IMAP address"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _connected(self, context: ssl.SSLContext) -> Any:
        address, bound = self.address, self._most + _MORE
        opened = self._opened
        if address.is_tls_from_start:

            class Secured(imaplib.IMAP4_SSL):
                def open(self, *args: Any, **given: Any) -> None:
                    super().open(*args, **given)
                    opened(self.sock)

                def read(self, size: int) -> bytes:
                    return super().read(_bounded(size, bound))

            return Secured(address.host, address.port, ssl_context=context, timeout=self._timeout)

        class Upgraded(imaplib.IMAP4):
            def open(self, *args: Any, **given: Any) -> None:
                super().open(*args, **given)
                opened(self.sock)

            def read(self, size: int) -> bytes:
                return super().read(_bounded(size, bound))

        server = Upgraded(address.host, address.port, timeout=self._timeout)
        self._server = server  # closed if the next step fails
        # Raises if the server does not offer it, before the password is sent.
        server.starttls(ssl_context=context)
        opened(server.sock)
        return server

    def _log_in(self) -> None:
        user = quoted(self.address.user)
        if f"{user}{self._password}".isascii():
            self._server.login(user, self._password)
            return
        # The command LOGIN is ASCII only.
        packed = f"\0{self.address.user}\0{self._password}".encode()
        self._server.authenticate("PLAIN", lambda _: packed)

    def _opened(self, connection: socket.socket) -> None:
        """Ends the connection after the time for all: a server could send a byte now and then."""
        if self._total is None:
            return

        def end() -> None:
            self._is_late = True
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(self._total, end)
        self._timer.daemon = True
        self._timer.start()

    def uid_validity(self) -> int:
        """Returns the number that changes when the server gives the messages other UIDs; 0: none."""
        _, values = self._guarded(lambda: self._server.response("UIDVALIDITY"))
        found = _NUMBER.search(values[0]) if values and isinstance(values[0], bytes) else None
        return int(found[0]) if found else 0

    def search(self, *criteria: str) -> Iterator[int]:
        """Yields the UIDs of the messages that meet some criteria of IMAP, ascending."""
        # No charset is named: not every server accepts one.
        answers = self.run("SEARCH", *criteria)
        numbers = (number for answer in answers for number in answer.split())
        yield from sorted({int(number) for number in numbers if _NUMBER.fullmatch(number)})

    def fetch(self, uid: int, *, most: int) -> bytes | None:
        """Returns the first bytes of a message, without marking it as read; None if it is gone.

        Args:
            uid: of the message.
            most: the largest number of bytes.
        """
        parts = self.run("FETCH", str(uid), f"(BODY.PEEK[]<0.{most}>)")
        return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), None)

    def mark_seen(self, uid: int) -> None:
        r"""Sets the flag \Seen of a message."""
        self.run("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def run(self, *command: str) -> list[Any]:
        """Runs a command with UIDs, and returns the parts of the answer.

        Raises:
            InboxError: the connection is lost, or the server refuses the command.
        """
        status, parts = self._guarded(lambda: self._server.uid(*command))
        if status != "OK":
            raise InboxError(
                f"{self.address.place}: refused {command[0]}: {self._reason(str(parts))}"
            )
        return [part for part in parts if part is not None] or [b""]

    def _guarded(self, command: Callable[[], tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
        try:
            return command()
        except (OSError, imaplib.IMAP4.error) as error:
            raise InboxError(f"{self.address.place}: {self._reason(str(error))}") from None

    def _reason(self, text: str) -> str:
        if self._is_late:
            return f"no complete answer within {self._total:g} seconds"
        return printable_line(text, limit=200)

    def _close(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._server is not None:
            # What was done before is done already.
            with suppress(OSError, imaplib.IMAP4.error):
                self._server.logout()
            self._server = None


def _bounded(size: int, most: int) -> int:
    """Returns a size; imaplib would read whatever size the server announces."""
    if size > most:
        raise imaplib.IMAP4.abort(f"the server announces {size:,} bytes, more than were asked for")
    return size
