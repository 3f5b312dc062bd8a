"""deliver: the ledger's queued editions, rendered, sent, and settled one by one."""

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
from digest.core.schedule.retry import MAX_IN_DOUBT, next_attempt, pause_after, wait_before
from digest.errors import DeliveryBlocked, DeliveryError, DeliveryRefused, DigestError
from digest.pipeline.cancellation import STOPPED, StopToken
from digest.pipeline.delivery.claim_queue import (
    AttemptSettled,
    AttemptStarted,
    ClaimQueue,
    Requeued,
)
from digest.pipeline.delivery.counter import DeliveredEdition, DeliveryCounter
from digest.pipeline.delivery.failure_policy import FailureMonitor, suppress
from digest.pipeline.delivery.rate_limit import RateLimiter
from digest.pipeline.delivery.render_ahead import RenderAhead, RenderedMessage
from digest.store.database.store import Store
from digest.store.editions import delivery_pause, recovery
from digest.store.locks import delivery_lock

FEW = 10  # letters, for which another connection is not worth its opening
HUNG = timedelta(hours=6)  # a claim so old has an owner that lives and does nothing


class Transport(Protocol):
    """A way out for letters; one for each thread."""

    def send(
        self, *, sender: str, recipient: str, message: bytes, following: Envelope | None = None
    ) -> Outcome:
        """Hands one message over; raises DeliveryError when none can be.

        `following` is most likely the next one: what can be done for it on the way, may be.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """How letters go out."""

    connections: int = 1  # at once
    per_minute: float | None = None  # letters, over all connections; None: as fast as it goes
    hold: bool = False  # what is in doubt waits for a person; otherwise it is sent again
    max_lateness: timedelta = timedelta(hours=48)  # after which an edition is not sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Time, chance, and the wish to stop, passed in."""

    clock: Callable[[], float]  # seconds that only grow
    sleep: Callable[[float], None]  # waits for so many seconds
    jitter: Callable[[], float]  # random numbers in [0, 1)
    stop: StopToken = field(
        default_factory=StopToken
    )  # letters under way are finished, the rest waits


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of the queue."""

    delivered: tuple[DeliveredEdition, ...] = ()  # at most 1,000 of those sent, and of the others
    counts: Counter[type[Outcome]] = field(default_factory=Counter)  # of all of them
    recovered: int = 0  # editions that a dead process had claimed
    expired: int = 0  # editions that were too late to be sent
    held: int = 0  # editions in doubt that wait for a person
    suppressed: int = 0  # addresses whose mailbox the server called dead
    stopped: bool = False  # it was asked to
    problem: str = ""  # why the mail server as a whole could not be used; the rest is queued

    def count(self, kind: type[Outcome]) -> int:
        """How many ended as this kind of outcome."""
        return self.counts[kind]

    @property
    def failures(self) -> tuple[str, ...]:
        """Why messages were not sent, a line each."""
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
    """Sends what is queued or due again; each outcome is in the ledger before the next letter.

    Editions that a dead process left claimed are taken up at once. If the server as a
    whole fails, what was not sent stays queued with the reason.

    Args:
        store: holds the ledger.
        connect: opens the way out, once for each thread; not called when nothing is queued.
        write: renders a claimed edition; what it raises refuses that edition alone, unless
            it is a DigestError other than InputError. Called from several threads.
        now: the moment at which the run begins.
        time: the clock from there on, sleep and chance.
        manner: how fast, over how many connections, and what to do in doubt.
        only: an address; the others' editions are left alone.
    """
    tried = 0 if manner.hold else MAX_IN_DOUBT
    with store.write() as tx:
        recovered = recovery.recover(
            tx,
            alive=lambda owner: delivery_lock.is_alive(store, owner),
            now=now,
            hung_since=now - HUNG,
        )
        stopped = delivery_pause.paused(tx)
        if stopped is not None and stopped.until > now:
            return DeliveryReport(
                recovered=recovered,
                held=recovery.held_count(tx, tried=tried),
                problem=f"sending is paused until {stopped.until:%Y-%m-%d %H:%M} UTC:"
                f" {stopped.reason}; to try at once: digest deliver --resume",
            )
        oldest = now - manner.max_lateness
        expired = recovery.expire(tx, oldest=oldest, doubtful=not manner.hold, now=now)
        if not manner.hold:
            recovered += recovery.resend_doubtful(tx, now=now, most=MAX_IN_DOUBT)
    with delivery_lock.acquire(store, clock=time.clock) as owner:
        run = _Run(
            store, owner, connect=connect, write=write, now=now, time=time, manner=manner, only=only
        )
        run.go(pause=stopped)
    with store.read() as tx:
        held = recovery.held_count(tx, tried=tried)
    return run.report(recovered=recovered, expired=expired, held=held)


class _Run:
    """One run over the queue, in one thread or in several."""

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
        self._began = time.clock()
        self._time = time
        self._manner = manner
        self._pace = RateLimiter(manner.per_minute, clock=time.clock, sleep=time.sleep)
        self._book = ClaimQueue(
            store,
            owner,
            moment=self._moment,
            oldest=lambda moment: moment - manner.max_lateness,
            durable=manner.hold,
            only=only,
            stop=time.stop,
        )
        self._desk = RenderAhead(self._book, write)
        self._opening = Lock()
        self._open = 0  # connections
        self._noting = Lock()
        self._tally = DeliveryCounter()
        self._signs = FailureMonitor()
        self._errors: list[DigestError] = []
        self._blocked = ""
        self._suppressed = 0

    def go(self, *, pause: delivery_pause.DeliveryPause | None) -> None:
        """Sends until the queue is empty, or the run has to stop."""
        try:
            workers = min(self._manner.connections, 1 + self._book.waiting() // FEW)
            if workers <= 1:
                self._work()
            else:
                self._work_in(workers)
        finally:
            self._book.stop()
            words = str(self._errors[0]) if self._errors else self._blocked or None
            self._book.release(reason=words)
        self._keep_pause(pause)
        if not self._blocked:
            taken, now = self._tally.counts[Sent], self._moment()
            self._suppressed = suppress(self._store, self._signs.dead, taken=taken, now=now)
        for error in self._errors:
            if not isinstance(error, DeliveryError):
                raise error

    def report(self, *, recovered: int, expired: int, held: int) -> DeliveryReport:
        """What the run did."""
        stopped = STOPPED if self._time.stop.requested else ""
        problem = self._blocked or (str(self._errors[0]) if self._errors else stopped)
        return DeliveryReport(
            delivered=self._tally.delivered,
            counts=self._tally.counts,
            recovered=recovered,
            expired=expired,
            held=held,
            suppressed=self._suppressed,
            stopped=self._time.stop.requested,
            problem=problem,
        )

    def _work_in(self, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers, thread_name_prefix="deliver") as pool:
            threads = [pool.submit(self._work) for _ in range(workers)]
            try:
                for thread in threads:
                    thread.result()
            except BaseException:  # such as Ctrl-C: the letters under way are finished
                self._book.stop()
                raise

    def _work(self) -> None:
        try:
            with ExitStack() as connection:
                self._send_all(connection)
        except DigestError as error:
            self._fail(error)
        except BaseException:
            self._book.stop()
            raise

    def _send_all(self, connection: ExitStack) -> None:
        transport: Transport | None = None
        last: list[AttemptSettled] = []
        written = self._desk.next()
        try:
            while written is not None and not self._book.stopped:
                if transport is None:
                    transport = self._opened(connection)
                    if transport is None:
                        return
                slot = self._pace.slot()
                if slot is not None:
                    self._book.write(*last)
                    last = []
                    self._pace.wait_until(slot, stopped=lambda: self._book.stopped)
                    if self._book.stopped:
                        return
                following = None if self._pace.limited else self._desk.next()
                # One commit for both: an outcome is kept before its connection's next letter.
                started = AttemptStarted(edition_id=written.claimed.edition_id, at=self._moment())
                previous, last, current, written = last, [], written, following
                if self._book.write(*previous, started):
                    settled = self._send(transport, current, following)
                    if settled is None:
                        return
                    last = [settled]
                if self._pace.limited:
                    written = self._desk.next()
        finally:
            if written is not None:
                self._book.give_back(written.claimed)
            self._book.write(*last)

    def _opened(self, connection: ExitStack) -> Transport | None:
        """A way out; None if the server takes no more connections than there are."""
        with self._opening:  # one after another, so that only the first can stop the run
            if self._book.stopped:
                return None
            try:
                transport = connection.enter_context(self._connect())
            except DeliveryError as error:
                if self._is_spare(error):
                    return None
                raise
            connection.enter_context(self._time.stop.cutting(transport))
            self._open += 1
            return transport

    def _is_spare(self, error: DigestError) -> bool:
        """Whether the run can go on over the other connections."""
        only_now = isinstance(error, DeliveryError) and not isinstance(error, DeliveryRefused)
        return only_now and self._open > 0

    def _send(
        self, transport: Transport, written: RenderedMessage, following: RenderedMessage | None
    ) -> AttemptSettled | None:
        """What to write of it; None if this connection is of no more use."""
        claimed = written.claimed
        outcome = self._outcome(transport, written, following)
        now = self._moment()
        if isinstance(outcome, Requeued):
            self._book.write(outcome)
            return None
        self._note(claimed, outcome)
        again = None
        if isinstance(outcome, Deferred):
            again = next_attempt(
                claimed.attempts + 1,
                now=now,
                too_late=(claimed.released_at or claimed.composed_at) + self._manner.max_lateness,
                jitter=self._time.jitter(),
            )
        elif isinstance(outcome, InDoubt):
            again = now + wait_before(claimed.attempts + 1, jitter=self._time.jitter())
        return AttemptSettled(edition_id=claimed.edition_id, outcome=outcome, at=now, again=again)

    def _outcome(
        self, transport: Transport, written: RenderedMessage, following: RenderedMessage | None
    ) -> Outcome | Requeued:
        claimed, letter = written.claimed, written.letter
        try:
            if isinstance(letter, Refused):
                return letter
            if isinstance(letter, DigestError):
                raise letter
            self._owner.require_alive()
            return transport.send(
                sender=letter.sender,
                recipient=letter.recipient,
                message=letter.message,
                following=following.envelope if following else None,
            )
        except DeliveryBlocked as error:
            self._stop_for(str(error))
            return Requeued(edition_id=claimed.edition_id, reason=str(error), at=self._moment())
        except DigestError as error:  # none of these leaves a letter half sent
            with self._opening:
                self._open -= 1
                if not self._is_spare(error):
                    self._fail(error)
            return Requeued(edition_id=claimed.edition_id, reason=str(error), at=self._moment())

    def _note(self, claimed: ClaimedEdition, outcome: Outcome) -> None:
        with self._noting:
            self._tally.note(claimed, outcome)
            why = self._signs.note(claimed, outcome)
            if why:
                self._blocked = f"{why}; the rest stays queued"
                self._book.stop()

    def _fail(self, error: DigestError) -> None:
        with self._noting:
            self._errors.append(error)
            self._book.stop()

    def _stop_for(self, reason: str) -> None:
        with self._noting:
            self._blocked = reason
            self._book.stop()

    def _keep_pause(self, before: delivery_pause.DeliveryPause | None) -> None:
        if not self._blocked and not (before and self._tally.counts[Sent]):
            return
        with self._store.write() as tx:
            if not self._blocked:
                delivery_pause.resume(tx)
                return
            # A run that got letters through begins the count anew.
            known = before if before and not self._tally.counts[Sent] else None
            times = known.times + 1 if known else 1
            delivery_pause.pause(
                tx,
                delivery_pause.DeliveryPause(
                    since=known.since if known else self._now,
                    until=self._now + pause_after(times, jitter=self._time.jitter()),
                    times=times,
                    reason=self._blocked,
                ),
            )

    def _moment(self) -> datetime:
        return self._now + timedelta(seconds=self._time.clock() - self._began)
