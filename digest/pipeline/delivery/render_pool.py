"""Renders messages in several processes, while this one sends them and writes the ledger.

One thread for each process gives it claimed editions and takes the messages. The processes only
render and sign: they claim nothing and write nothing. So what they have when a run ends, or when one
of them dies, was not started, and no message is in doubt for it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread
from typing import Protocol

from digest.core.models.delivery import ClaimedEdition, Envelope, Refused
from digest.logs import get_logger
from digest.pipeline.delivery.claim_queue import ClaimQueue
from digest.pipeline.delivery.render_ahead import RenderedMessage, render

BATCH = 25  # editions that a process gets at once
IN_FLIGHT = 2  # batches that a process has, so that it need not wait for the next one
MOST_READY = 100  # messages that wait to be sent: some megabytes
_LOW = MOST_READY - BATCH  # with so many left, a thread that waits for space is woken

_WAIT = 0.2  # seconds after which a waiting thread looks whether the run stops

_log = get_logger("digest.deliver")


class RenderingProcess(Protocol):
    """A process that renders. Its answers come in the order of the requests."""

    def send(self, editions: Sequence[ClaimedEdition]) -> None:
        """Gives it editions to render; raises OSError if the process is dead."""

    def receive(self) -> list[Envelope | Refused | None]:
        """Waits for the messages of the oldest request; None: this process must render it itself.

        Raises:
            OSError, EOFError: the process is dead.
        """


class RenderPool:
    """The messages of a run, rendered in other processes. Each connection uses it from a thread.

    Args:
        queue: the claimed editions.
        write: writes the message of an edition in this process, if the others cannot.
        processes: what renders.
        first: messages that are rendered already.
    """

    def __init__(
        self,
        queue: ClaimQueue,
        write: Callable[[ClaimedEdition], Envelope],
        processes: Sequence[RenderingProcess],
        first: Sequence[RenderedMessage] = (),
    ) -> None:
        self._queue = queue
        self._write = write
        self._ready = deque(first)
        # Two conditions with one lock: what ends the one wait is no news for the other.
        lock = Lock()
        self._filled = Condition(lock)  # there are messages, or no more will come
        self._space = Condition(lock)  # few messages are left
        self._errors: list[BaseException] = []
        self._feeders = [
            Thread(target=self._feed, args=(process,), name="render", daemon=True)
            for process in processes
        ]
        self._feeding = len(self._feeders)
        for feeder in self._feeders:
            feeder.start()

    def next(self) -> RenderedMessage | None:
        """Returns the next message; None if there is none, or the run stops.

        Raises:
            DigestError: no further edition can be claimed.
        """
        with self._filled:
            while not self._queue.stopped:
                if self._errors:
                    raise self._errors[0]
                if self._ready:
                    message = self._ready.popleft()
                    if len(self._ready) <= _LOW:
                        self._space.notify_all()
                    return message
                if not self._feeding:
                    return None
                self._filled.wait(_WAIT)
        return None

    def put_back(self, message: RenderedMessage) -> None:
        """Takes back a message whose attempt has not started."""
        with self._filled:
            self._ready.appendleft(message)
            self._filled.notify()

    def join(self) -> None:
        """Waits until no thread works any more; call it after the queue is empty or stopped."""
        for feeder in self._feeders:
            feeder.join()

    def _feed(self, process: RenderingProcess) -> None:
        given: deque[list[ClaimedEdition]] = deque()
        try:
            self._feed_all(process, given)
        except (OSError, EOFError) as error:
            # The other processes go on, and this one renders what the dead one had.
            _log.warning("rendering process ended", error=str(error) or type(error).__name__)
            try:
                self._render_here(given)
            except BaseException as failure:  # noqa: BLE001 - raised again where messages are taken
                self._errors.append(failure)
        except BaseException as error:  # noqa: BLE001 - raised again where messages are taken
            self._errors.append(error)
        finally:
            with self._filled:
                self._feeding -= 1
                self._filled.notify_all()

    def _feed_all(self, process: RenderingProcess, given: deque[list[ClaimedEdition]]) -> None:
        while True:
            while len(given) < IN_FLIGHT and (batch := self._take()):
                given.append(batch)
                process.send(batch)
            if not given:
                return
            results = process.receive()
            batch = given.popleft()
            if not self._put(
                [
                    RenderedMessage(claimed, result or render(claimed, self._write))
                    for claimed, result in zip(batch, results, strict=True)
                ]
            ):
                return

    def _render_here(self, given: deque[list[ClaimedEdition]]) -> None:
        while given or (batch := self._take()):
            for claimed in given.popleft() if given else batch:
                if not self._put([RenderedMessage(claimed, render(claimed, self._write))]):
                    return

    def _take(self) -> list[ClaimedEdition]:
        batch: list[ClaimedEdition] = []
        while len(batch) < BATCH and (claimed := self._queue.next()) is not None:
            batch.append(claimed)
        return batch

    def _put(self, messages: Sequence[RenderedMessage]) -> bool:
        """Waits for space, and adds the messages; False if the run stops."""
        with self._space:
            while len(self._ready) >= MOST_READY and not self._queue.stopped:
                self._space.wait(_WAIT)
            if self._queue.stopped:
                return False
            self._ready += messages
            self._filled.notify_all()
            return True
