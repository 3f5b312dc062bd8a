"""One delivery: sends the claimed editions over its connections, and records the outcomes."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from threading import Lock

from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    Envelope,
    InDoubt,
    Outcome,
    Refused,
    Sent,
)
from digest.core.schedule.retry import next_attempt, wait_before
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused, DigestError
from digest.pipeline.delivery.claim_queue import (
    AttemptSettled,
    AttemptStarted,
    ClaimQueue,
    Requeued,
)
from digest.pipeline.delivery.counter import DeliveryCounter
from digest.pipeline.delivery.failure_policy import FailureMonitor, suppress, update_pause
from digest.pipeline.delivery.options import (
    GROUP,
    RENDERED_BEFORE,
    DeliveryOptions,
    OpenProcesses,
    Runtime,
    Transport,
)
from digest.pipeline.delivery.rate_limit import RateLimiter, shared_reserve
from digest.pipeline.delivery.render_ahead import MessageSource, RenderAhead, RenderedMessage
from digest.store.database.store import Store
from digest.store.editions import claims, delivery_pause
from digest.store.locks.delivery_lock import DeliveryLock

_LOST = "the transport failed before it was sent"

PER_CONNECTION = 10  # queued messages for which one more connection is worth its opening


class DeliveryRun:
    """One delivery, in one thread or in several."""

    def __init__(
        self,
        store: Store,
        owner: DeliveryLock,
        *,
        connect: Callable[[], AbstractContextManager[Transport]],
        write: Callable[[ClaimedEdition], Envelope],
        now: datetime,
        time: Runtime,
        options: DeliveryOptions,
        only: str | None,
        open_processes: OpenProcesses | None,
    ) -> None:
        self._store = store
        self._owner = owner
        self._connect = connect
        self._now = now
        self._started = time.clock()
        self._time = time
        self._options = options
        self._rate_limiter = RateLimiter(
            options.per_minute,
            clock=time.clock,
            sleep=time.sleep,
            reserve=shared_reserve(store, options.rate_shared_as, moment=self._moment),
        )
        self._queue = ClaimQueue(
            store,
            owner,
            moment=self._moment,
            oldest=lambda moment: moment - options.max_lateness,
            durable=options.hold,
            only=only,
            stop=time.stop,
        )
        self._write = write
        self._only = only
        self._open_processes = open_processes
        self._messages: MessageSource = RenderAhead(self._queue, write)
        self._connecting = Lock()
        self._connections = 0  # open ones
        self._recording = Lock()
        self._counter = DeliveryCounter()
        self._failures = FailureMonitor()
        self._errors: list[DigestError] = []
        self._blocked = ""
        self._suppressed = 0

    def go(self, *, pause: delivery_pause.DeliveryPause | None) -> None:
        """Sends until the queue is empty or the run must stop; `pause` is that of earlier runs."""
        try:
            if claimed := self._queue.fill():
                # What writes messages needs it. Importing it from deeper in the stack takes longer, as
                # for numpy in `digest.pipeline.publishing.publish`.
                import digest.mail.rendering.renderer  # noqa: F401
            workers = min(self._options.connections, 1 + claimed // PER_CONNECTION)
            with ExitStack() as processes:
                self._start_processes(processes)
                if workers <= 1:
                    self._work()
                else:
                    self._work_in_threads(workers)
        finally:
            self._queue.stop()
            reason = str(self._errors[0]) if self._errors else self._blocked or None
            self._queue.release(reason=reason)
        sent = self._counter.counts[Sent]
        update_pause(
            self._store,
            pause,
            blocked=self._blocked,
            sent=sent,
            now=self._now,
            jitter=self._time.jitter,
        )
        # If the server refuses everything, it says nothing about single mailboxes.
        if not self._blocked:
            dead, now = self._failures.dead, self._moment()
            self._suppressed = suppress(self._store, dead, sent=sent, now=now)
        # A failed transport is a result, which the report has. Another error, such as a wrong
        # template, is the caller's.
        for error in self._errors:
            if not isinstance(error, DeliveryError):
                raise error

    @property
    def counter(self) -> DeliveryCounter:
        """The outcomes."""
        return self._counter

    @property
    def suppressed(self) -> int:
        """Addresses that were suppressed, as their mailbox no longer exists."""
        return self._suppressed

    @property
    def problem(self) -> str:
        """Why the run ended early; empty if it did not, or was asked to."""
        return self._blocked or (str(self._errors[0]) if self._errors else "")

    def _start_processes(self, block: ExitStack) -> None:
        """Starts processes that render, if there is enough for them to do."""
        options = self._options
        # One reader has a few editions at most, so starting processes would take longer.
        if self._open_processes is None or options.processes <= 1 or self._only is not None:
            return
        with self._store.read() as tx:
            waiting = claims.count_queued(tx, most=options.worth_processes)
        if waiting < options.worth_processes:
            return
        from digest.pipeline.delivery.render_pool import RenderPool

        first: list[RenderedMessage] = []
        processes = block.enter_context(
            self._open_processes(options.processes, lambda: first.extend(self._first_messages()))
        )
        pool = RenderPool(self._queue, self._write, processes, first)
        block.callback(pool.join)
        block.callback(self._queue.stop)  # first, so that the threads of the pool end
        self._messages = pool

    def _first_messages(self) -> Iterator[RenderedMessage]:
        messages = RenderAhead(self._queue, self._write)
        for _ in range(RENDERED_BEFORE):
            message = messages.next()
            if message is None:
                return
            yield message
            if isinstance(message.result, DigestError):  # it ends the run
                return

    def _work_in_threads(self, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers, thread_name_prefix="deliver") as pool:
            futures = [pool.submit(self._work) for _ in range(workers)]
            try:
                for future in futures:
                    future.result()
            except BaseException:  # such as Ctrl-C: the threads finish the message they send
                self._queue.stop()
                raise

    def _work(self) -> None:
        try:
            with ExitStack() as connection:
                self._send_all(connection)
        except DigestError as error:
            self._fail(error)
        except BaseException:
            self._queue.stop()
            raise

    def _send_all(self, connection: ExitStack) -> None:
        message = self._messages.next()
        if message is None:
            return
        transport = self._transport_for(message, connection)
        if transport is None:
            return
        if self._can_repeat(transport):
            self._send_groups(transport, message)
        else:
            self._send_each(transport, message)

    def _transport_for(self, message: RenderedMessage, connection: ExitStack) -> Transport | None:
        """Opens a transport for a message, or puts the message back."""
        transport: Transport | None = None
        try:
            # `finally`, because an edition that is handed out and neither sent nor put back would
            # stay claimed.
            transport = None if self._queue.stopped else self._open_transport(connection)
        finally:
            if transport is None:
                self._messages.put_back(message)
        return transport

    def _send_each(self, transport: Transport, message: RenderedMessage | None) -> None:
        """Sends messages one after another, each of which is started in a commit of its own."""
        unwritten: list[AttemptSettled] = []  # the last outcome, if it is not in the ledger yet
        try:
            while message is not None and not self._queue.stopped:
                reserved = self._rate_limiter.reserve()
                if reserved is not None:
                    self._queue.write(*unwritten)
                    unwritten = []
                    self._rate_limiter.wait_until(reserved, stopped=lambda: self._queue.stopped)
                    if self._queue.stopped:
                        return
                # With a rate limit, the next message is not announced with the end of this one: its
                # transaction would stay open until its turn comes.
                following = None if self._rate_limiter.limited else self._messages.next()
                # One commit records the last outcome and the start of the next attempt.
                started = AttemptStarted(edition_id=message.claimed.edition_id, at=self._moment())
                previous, unwritten, current, message = unwritten, [], message, following
                # `write` returns the started editions that must not be sent: their readers have
                # left or paused meanwhile.
                if not self._queue.write(*previous, started):
                    settled = self._send(transport, current, following)
                    if settled is None:
                        return
                    unwritten = [settled]
                if self._rate_limiter.limited:
                    message = self._messages.next()
        finally:
            if message is not None:
                self._messages.put_back(message)
            self._queue.write(*unwritten)

    def _can_repeat(self, transport: Transport) -> bool:
        """Returns whether a message that is sent again after a crash arrives once all the same."""
        # Transports to files say so; those of other packages need not know of the attribute.
        repeatable = getattr(transport, "repeatable", False)
        return repeatable and not self._options.hold and not self._rate_limiter.limited

    def _send_groups(self, transport: Transport, message: RenderedMessage | None) -> None:
        """Sends messages that may be repeated, and starts some of them in one commit."""
        unwritten: list[AttemptSettled] = []
        try:
            while message is not None and not self._queue.stopped:
                group = [message]
                while len(group) < GROUP and (another := self._messages.next()) is not None:
                    group.append(another)
                now = self._moment()
                started = [
                    AttemptStarted(edition_id=one.claimed.edition_id, at=now) for one in group
                ]
                previous, unwritten = unwritten, []
                not_sent = self._queue.write(*previous, *started)
                unwritten = []
                for index, one in enumerate(group):
                    if one.claimed.edition_id in not_sent:
                        continue
                    settled = self._send(transport, one, None)
                    if settled is None:
                        self._requeue(group[index + 1 :], not_sent)
                        return
                    unwritten.append(settled)
                message = self._messages.next()
        finally:
            self._queue.write(*unwritten)

    def _requeue(self, group: Sequence[RenderedMessage], not_sent: AbstractSet[int]) -> None:
        """Queues messages again that were started, and not sent because the transport failed."""
        now = self._moment()
        for one in group:
            if one.claimed.edition_id not in not_sent:
                self._queue.write(
                    Requeued(
                        edition_id=one.claimed.edition_id, reason=self.problem or _LOST, at=now
                    )
                )

    def _open_transport(self, connection: ExitStack) -> Transport | None:
        """Opens a transport; None if the server accepts no further connection."""
        with self._connecting:  # one after another: only a failure of the first ends the run
            if self._queue.stopped:
                return None
            try:
                transport = connection.enter_context(self._connect())
            except DeliveryError as error:
                if self._can_go_on(error):
                    return None
                raise
            connection.enter_context(self._time.stop.interruptible(transport))
            self._connections += 1
            return transport

    def _can_go_on(self, error: DigestError) -> bool:
        """Returns whether the other connections can go on without the one that failed."""
        temporary = isinstance(error, DeliveryError) and not isinstance(error, DeliveryRefused)
        return temporary and self._connections > 0

    def _send(
        self, transport: Transport, message: RenderedMessage, following: RenderedMessage | None
    ) -> AttemptSettled | None:
        """Sends a message and returns the event to record; None if the connection has failed."""
        claimed = message.claimed
        outcome = self._outcome(transport, message, following)
        now = self._moment()
        if isinstance(outcome, Requeued):
            self._queue.write(outcome)
            return None
        self._record(claimed, outcome)
        next_attempt_at = None
        if isinstance(outcome, Deferred):
            next_attempt_at = next_attempt(
                claimed.attempts + 1,
                now=now,
                # The same time from which `expire_late` counts.
                too_late=(claimed.released_at or claimed.composed_at) + self._options.max_lateness,
                jitter=self._time.jitter(),
            )
        elif isinstance(outcome, InDoubt):
            next_attempt_at = now + wait_before(claimed.attempts + 1, jitter=self._time.jitter())
        return AttemptSettled(
            edition_id=claimed.edition_id, outcome=outcome, at=now, next_attempt_at=next_attempt_at
        )

    def _outcome(
        self, transport: Transport, message: RenderedMessage, following: RenderedMessage | None
    ) -> Outcome | Requeued:
        claimed, result = message.claimed, message.result
        try:
            if isinstance(result, Refused):
                return result
            if isinstance(result, DigestError):
                raise result
            # Right before sending: without the lock, another process may have recovered this claim
            # and may be sending the edition.
            self._owner.require_held()
            return transport.send(
                sender=result.sender,
                recipient=result.recipient,
                message=result.message,
                following=following.envelope if following else None,
            )
        except DeliveryBlocked as error:
            self._stop_for(str(error))
            return Requeued(edition_id=claimed.edition_id, reason=str(error), at=self._moment())
        except DigestError as error:  # in none of these cases was the message delivered
            with self._connecting:
                self._connections -= 1
                if not self._can_go_on(error):
                    self._fail(error)
            return Requeued(edition_id=claimed.edition_id, reason=str(error), at=self._moment())

    def _record(self, claimed: ClaimedEdition, outcome: Outcome) -> None:
        with self._recording:
            self._counter.record(claimed, outcome)
            pause_reason = self._failures.record(claimed, outcome)
            if pause_reason:
                self._blocked = f"{pause_reason}; the rest stays queued"
                self._queue.stop()

    def _fail(self, error: DigestError) -> None:
        with self._recording:
            self._errors.append(error)
            self._queue.stop()

    def _stop_for(self, reason: str) -> None:
        with self._recording:
            self._blocked = reason
            self._queue.stop()

    def _moment(self) -> datetime:
        return self._now + timedelta(seconds=self._time.clock() - self._started)
