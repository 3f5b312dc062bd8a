"""The deliver stage: claims queued editions, renders and sends them, and records the outcomes."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from msgspec import Struct, field

from digest.core.models.delivery import ClaimedEdition, Envelope, Outcome, Sent
from digest.core.schedule.retry import MAX_IN_DOUBT
from digest.pipeline.cancellation import STOPPED
from digest.pipeline.delivery.counter import DeliveredEdition
from digest.pipeline.delivery.options import (
    DeliveryOptions,
    OpenProcesses,
    Runtime,
    Transport,
)
from digest.store.database.store import Store
from digest.store.editions import delivery_pause, ledger, recovery
from digest.store.locks import delivery_lock

__all__ = ["DeliveryOptions", "DeliveryReport", "Runtime", "Transport", "deliver"]

_PLAIN = DeliveryOptions()
HUNG_AFTER = timedelta(hours=6)  # the age of a claim whose process is alive but does nothing


class DeliveryReport(Struct, frozen=True, kw_only=True):
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
    options: DeliveryOptions = _PLAIN,
    only: str | None = None,
    open_processes: OpenProcesses | None = None,
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
        options: rate, connections, and what happens to late or doubtful editions.
        only: an address; None for all readers.
        open_processes: starts processes that render long queues; None: this process renders.

    Raises:
        StoreError: the database fails.
        SettingsError: a template or the DKIM key cannot be used.
    """
    tried = 0 if options.hold else MAX_IN_DOUBT
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
        if not ledger.has_open(tx):
            # The usual case: nothing to expire, to queue again, to send or to decide.
            stopped = time.stop.requested
            return DeliveryReport(stopped=stopped, problem=STOPPED if stopped else "")
        oldest = now - options.max_lateness
        expired = recovery.expire_late(tx, oldest=oldest, doubtful=not options.hold, now=now)
        if not options.hold:
            recovered += recovery.requeue_doubtful(tx, now=now, most=MAX_IN_DOUBT)
        waiting = ledger.has_waiting(tx, now)
    run = None
    if waiting:
        # Imported here: most runs find nothing to send.
        from digest.pipeline.delivery.sending import DeliveryRun
        from digest.pipeline.profiles import stored_profiles

        # A claim takes the reader's name from the compiled profile. After an upgrade that was
        # interrupted, `deliver` may run before any `publish` has compiled the profiles.
        stored_profiles.compile_outdated(store)
        with delivery_lock.acquire(store, clock=time.clock) as owner:
            run = DeliveryRun(
                store,
                owner,
                connect=connect,
                write=write,
                now=now,
                time=time,
                options=options,
                only=only,
                open_processes=open_processes,
            )
            run.go(pause=pause)
    with store.read() as tx:
        held = recovery.count_held_editions(tx, tried=tried)
    stopped = time.stop.requested
    return DeliveryReport(
        delivered=run.counter.delivered if run else (),
        counts=run.counter.counts if run else Counter(),
        recovered=recovered,
        expired=expired,
        held=held,
        suppressed=run.suppressed if run else 0,
        stopped=stopped,
        problem=(run.problem if run else "") or (STOPPED if stopped else ""),
    )
