"""Makes and sends the first digest of a new reader at once, in a thread of its own.

The first digest is the message that welcomes a reader. If this fails, or the process ends, the next
run makes or sends it: the subscription stays due, or its edition stays queued.
"""

import time
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from random import random
from threading import Lock, Thread

from digest.app.application import App
from digest.errors import DigestError
from digest.pipeline.delivery.deliver import deliver
from digest.pipeline.delivery.options import Runtime
from digest.store.subscribers import bounces


class FirstDigests:
    """Makes the digests of subscriptions that wait for their first one.

    Args:
        app: the program, opened on the home.
        clock: returns the current time.
        log: takes one line for the operator.
    """

    def __init__(
        self, app: App, *, clock: Callable[[], datetime], log: Callable[[str], None]
    ) -> None:
        self._app = app
        self._clock = clock
        self._log = log
        self._waiting: SimpleQueue[int] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def make(self, subscription_id: int) -> None:
        """Makes and sends the digest of a subscription if it is due, without blocking the caller."""
        self._waiting.put(subscription_id)
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True, name="first digests")
                self._thread.start()

    def wait(self, seconds: float = 60.0) -> None:
        """Waits until all of them are made and sent."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                try:
                    subscription_id = self._waiting.get_nowait()
                except Empty:
                    self._thread = None
                    return
            try:
                self._make(subscription_id)
            except DigestError as error:
                self._log(f"serve: a first digest waits for the next run: {error}")
            except Exception as error:  # noqa: BLE001 - the thread must not end with its state set
                self._log(f"serve: a first digest waits for the next run: {type(error).__name__}")

    def _make(self, subscription_id: int) -> None:
        app, now = self._app, self._clock()
        report = app.publish(now=now, among=(subscription_id,))
        with app.store.read() as tx:
            subscription = bounces.find_subscription(tx, subscription_id)
        if not report.made or subscription is None:
            return
        deliver(
            app.store,
            connect=app.connect,
            write=app.message_writer.write,
            now=now,
            time=Runtime(clock=time.monotonic, sleep=time.sleep, jitter=random, stop=app.stop),
            options=app.delivery_options,
            only=subscription.email,
        )
