"""The deliver stage: claims queued editions, renders and sends them, and records the outcomes."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    Envelope,
    InDoubt,
    Outcome,
    Refused,
    Sent,
)
from digest.core.schedule.retry import MAX_IN_DOUBT, next_attempt, wait_before
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused, DigestError
from digest.pipeline.cancellation import STOPPED, StopToken
from digest.pipeline.delivery.claim_queue import (
    AttemptSettled,
    AttemptStarted,
    ClaimQueue,
    Requeued,
)
from digest.pipeline.delivery.counter import DeliveredEdition, DeliveryCounter
from digest.pipeline.delivery.failure_policy import FailureMonitor, suppress, update_pause
from digest.pipeline.delivery.rate_limit import RateLimiter, shared_reserve
from digest.pipeline.delivery.render_ahead import RenderAhead, RenderedMessage
from digest.store.database.store import Store
from digest.store.editions import delivery_pause, recovery
from digest.store.locks import delivery_lock

PER_CONNECTION = 10  # queued messages for which one more connection is worth its opening
HUNG_AFTER = timedelta(hours=6)  # the age of a claim whose process is alive but does nothing


class Transport(Protocol):
    """Sends messages. Each thread has its own."""

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Sends one message.

        Args:
            sender: the return path, ASCII.
            recipient: ASCII.
            message: the message, its lines end in CRLF.
            following: the message that most likely comes next. A transport may start its
                transaction together with the end of this one (SMTP pipelining).

        Raises:
            DeliveryError: no message can be sent over this transport.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """Rate, connections, and what happens to late or doubtful editions."""

    connections: int = 1  # at the same time
    per_minute: float | None = None  # messages over all connections; None: no limit
    # Names the mail server, to share this limit with other processes; empty: for this run alone.
    rate_shared_as: str = ""
    hold: bool = False  # an edition in doubt waits for a person; otherwise it is sent again
    max_lateness: timedelta = timedelta(hours=48)  # an older edition expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Injected clock, sleep, random jitter and stop token."""

    clock: Callable[[], float]  # monotonic seconds
    sleep: Callable[[float], None]  # waits for a number of seconds
    jitter: Callable[[], float]  # random numbers in [0, 1)
    # Once requested, messages whose sending has started are finished; the rest stays queued.
    stop: StopToken = field(default_factory=StopToken)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """The outcomes of a run."""

    delivered: tuple[DeliveredEdition, ...] = ()  # at most 1,000 sent messages and 1,000 others
    counts: Counter[type[Outcome]] = field(default_factory=Counter)  # of all attempts
    recovered: int = 0  # editions that a dead process had claimed
    expired: int = 0  # editions that are too old to be sent
    held: int = 0  # editions in doubt that wait for a person
    suppressed: int = 0  # addresses whose mailbox no longer exists, by the server's reply
    stopped: bool = False  # the stop token was requested
    problem: str = ""  # why the run ended early; the rest stays queued

    def count(self, kind: type[Outcome]) -> int:
        """Returns how many attempts had this kind of outcome."""
        return self.counts[kind]

    @property
    def failures(self) -> tuple[str, ...]:
        """Why messages were not sent, one line for each."""
        return tuple(
            f"{item.email}: {item.outcome.reason}"
            for item in self.delivered
            if not isinstance(item.outcome, Sent)
        )


def deliver(
    store: Store,
    *,
    connect: Callable[[], AbstractContextManager[Transport]],
    write: Callable[[ClaimedEdition], Envelope],
    now: datetime,
    time: Runtime,
    manner: DeliveryOptions = DeliveryOptions(),
    only: str | None = None,
) -> DeliveryReport:
    """Sends the queued editions, and those that are due for another attempt.

    Each outcome is in the ledger before its connection sends the next message. Editions that a
    dead process had claimed are queued again first. If the mail server as a whole fails, the
    editions that were not sent stay queued, with the reason.

    Args:
        store: the database with the ledger.
        connect: opens a transport, once for each thread; not called if nothing is queued.
        write: writes the message of a claimed edition; called from several threads. A
            DigestError other than InputError ends the run; any other error refuses this
            edition alone.
        now: when the run starts.
        time: clock, sleep, jitter and stop token.
        manner: rate, connections, and what happens to late or doubtful editions.
        only: an address; None for all readers.

    Raises:
        StoreError: the database fails.
        SettingsError: a template or the DKIM key cannot be used.
    """
    tried = 0 if manner.hold else MAX_IN_DOUBT
    with store.write() as tx:
        recovered = recovery.recover_claims(
            tx,
            alive=lambda owner: delivery_lock.is_alive(store, owner),
            now=now,
            hung_since=now - HUNG_AFTER,
        )
        pause = delivery_pause.current_pause(tx)
        if pause is not None and pause.until > now:
            return DeliveryReport(
                recovered=recovered,
                held=recovery.count_held_editions(tx, tried=tried),
                problem=f"sending is paused until {pause.until:%Y-%m-%d %H:%M} UTC:"
                f" {pause.reason}; to try at once: digest deliver --resume",
            )
        oldest = now - manner.max_lateness
        expired = recovery.expire_late(tx, oldest=oldest, doubtful=not manner.hold, now=now)
        if not manner.hold:
            recovered += recovery.requeue_doubtful(tx, now=now, most=MAX_IN_DOUBT)
    with delivery_lock.acquire(store, clock=time.clock) as owner:
        run = _Run(
            store, owner, connect=connect, write=write, now=now, time=time, manner=manner, only=only
        )
        run.go(pause=pause)
    with store.read() as tx:
        held = recovery.count_held_editions(tx, tried=tried)
    return run.report(recovered=recovered, expired=expired, held=held)


class _Run:
    """One delivery, in one thread or in several."""

    def __init__(
        self,
        store: Store,
        owner: delivery_lock.DeliveryLock,
        *,
        connect: Callable[[], AbstractContextManager[Transport]],
        write: Callable[[ClaimedEdition], Envelope],
        now: datetime,
        time: Runtime,
        manner: DeliveryOptions,
        only: str | None,
    ) -> None:
        self._store = store
        self._owner = owner
        self._connect = connect
        self._now = now
        self._started = time.clock()
        self._time = time
        self._manner = manner
        self._rate_limiter = RateLimiter(
            manner.per_minute,
            clock=time.clock,
            sleep=time.sleep,
            reserve=shared_reserve(store, manner.rate_shared_as, moment=self._moment),
        )
        self._queue = ClaimQueue(
            store,
            owner,
            moment=self._moment,
            oldest=lambda moment: moment - manner.max_lateness,
            durable=manner.hold,
            only=only,
            stop=time.stop,
        )
        self._messages = RenderAhead(self._queue, write)
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
            workers = min(self._manner.connections, 1 + self._queue.fill() // PER_CONNECTION)
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
        if not self._blocked:
            dead, now = self._failures.dead, self._moment()
            self._suppressed = suppress(self._store, dead, sent=sent, now=now)
        for error in self._errors:
            if not isinstance(error, DeliveryError):
                raise error

    def report(self, *, recovered: int, expired: int, held: int) -> DeliveryReport:
        """Returns the outcomes; the arguments are fields of the report."""
        stopped = STOPPED if self._time.stop.requested else ""
        problem = self._blocked or (str(self._errors[0]) if self._errors else stopped)
        return DeliveryReport(
            delivered=self._counter.delivered,
            counts=self._counter.counts,
            recovered=recovered,
            expired=expired,
            held=held,
            suppressed=self._suppressed,
            stopped=self._time.stop.requested,
            problem=problem,
        )

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
        transport: Transport | None = None
        unwritten: list[AttemptSettled] = []  # the last outcome, if it is not in the ledger yet
        message = self._messages.next()
        try:
            while message is not None and not self._queue.stopped:
                if transport is None:
                    transport = self._open_transport(connection)
                    if transport is None:
                        return
                reserved = self._rate_limiter.reserve()
                if reserved is not None:
                    self._queue.write(*unwritten)
                    unwritten = []
                    self._rate_limiter.wait_until(reserved, stopped=lambda: self._queue.stopped)
                    if self._queue.stopped:
                        return
                following = None if self._rate_limiter.limited else self._messages.next()
                # One commit records the last outcome and the start of the next attempt.
                started = AttemptStarted(edition_id=message.claimed.edition_id, at=self._moment())
                previous, unwritten, current, message = unwritten, [], message, following
                if self._queue.write(*previous, started):
                    settled = self._send(transport, current, following)
                    if settled is None:
                        return
                    unwritten = [settled]
                if self._rate_limiter.limited:
                    message = self._messages.next()
        finally:
            if message is not None:
                self._queue.put_back(message.claimed)
            self._queue.write(*unwritten)

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
                too_late=(claimed.released_at or claimed.composed_at) + self._manner.max_lateness,
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
