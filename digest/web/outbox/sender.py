"""Sends the messages that wait, in a thread of its own.

So the answer to a request takes the same time whether a message is sent or not. A random wait before
the work keeps the next answer, which may have to share the processor, from telling it. What cannot be
sent now is tried again; what a process leaves unsent, the next request sends.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Lock, Thread, Timer
from typing import TYPE_CHECKING

from digest.core.models.delivery import Deferred, Envelope
from digest.errors import DigestError
from digest.pipeline.delivery.deliver import Transport
from digest.pipeline.signup import mails
from digest.store.database.store import Store

if TYPE_CHECKING:
    from digest.pipeline.signup.mails import SiteMail

LONGEST_PAUSE = 3.0
"""The longest wait before a message is written, in seconds."""

_RETRY_SECONDS = 300.0


class Outbox:
    """Sends the messages of the requests that are stored.

    Args:
        store: the database.
        keys: all keys; the first one signs.
        clock: returns the current time.
        log: takes one line for the operator.
        connect: returns a transport.
        write: writes a message.
        pause: returns the seconds to wait before messages are written.
    """

    def __init__(
        self,
        store: Store,
        *,
        keys: Sequence[bytes],
        clock: Callable[[], datetime],
        log: Callable[[str], None],
        connect: Callable[[], AbstractContextManager[Transport]],
        write: "Callable[[SiteMail, datetime], Envelope]",
        pause: Callable[[], float],
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._log = log
        self._connect = connect
        self._write = write
        self.pause = pause
        self._lock = Lock()
        self._thread: Thread | None = None
        self._again = False

    def poke(self) -> None:
        """Sends what waits, soon and without blocking the caller."""
        with self._lock:
            self._again = True
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True, name="outbox")
                self._thread.start()

    def wait(self, seconds: float = 20.0) -> None:
        """Waits until everything that could be sent is sent."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again:
                    self._thread = None
                    return
                self._again = False
            time.sleep(self.pause())
            try:
                self._send_all()
            except DigestError as error:
                self._log(f"serve: messages of the site were not sent: {error}")
            except Exception as error:  # noqa: BLE001 - the thread must not end with its state set
                self._log(f"serve: messages of the site: {type(error).__name__}")

    def _send_all(self) -> None:
        while mail := mails.take_mail(
            self._store, key=self._keys[0], keys=self._keys, now=self._clock()
        ):
            try:
                envelope = self._write(mail, self._clock())
                with self._connect() as transport:
                    outcome = transport.send(
                        sender=envelope.sender,
                        recipient=envelope.recipient,
                        message=envelope.message,
                    )
            except DigestError:
                self._retry(mail)
                raise
            if isinstance(outcome, Deferred):
                self._retry(mail)

    def _retry(self, mail: "SiteMail") -> None:
        if mails.send_later(self._store, mail.request, now=self._clock()) is not None:
            timer = Timer(_RETRY_SECONDS, self.poke)
            timer.daemon = True
            timer.start()
