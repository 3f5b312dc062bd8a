"""deliver: the ledger's queued editions, rendered, sent, and settled one by one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from digest.core.model import Claimed, Deferred, InDoubt, Outcome, Refused
from digest.core.retry import wait_before
from digest.errors import DeliveryError, DigestError, InputError
from digest.store import ledger, owners
from digest.store.engine import Store

MOST_IN_DOUBT = 3  # attempts; a server that never answers the dot may deliver each of them
CLAIM = 50  # editions a claim: few enough that a hung run holds back little


class Transport(Protocol):
    """A way out for letters."""

    def send(self, *, sender: str, recipient: str, message: bytes) -> Outcome:
        """Hands one message over; raises DeliveryError when none can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One edition as it goes out."""

    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one edition."""

    edition_id: int
    email: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of the queue."""

    delivered: tuple[Delivered, ...] = ()
    recovered: int = 0  # editions that a dead process had claimed
    problem: str = ""  # why the mail server as a whole could not be used; the rest is queued

    def count(self, kind: type[Outcome]) -> int:
        """How many ended as this kind of outcome."""
        return sum(isinstance(item.outcome, kind) for item in self.delivered)


def deliver(
    store: Store,
    *,
    connect: Callable[[], AbstractContextManager[Transport]],
    write: Callable[[Claimed], Envelope],
    now: datetime,
    jitter: Callable[[], float],
    only: str | None = None,
) -> DeliveryReport:
    """Sends what is queued or due again; each outcome is in the ledger before the next letter.

    Editions that a dead process left claimed are taken up at once. If the server as a
    whole fails, what was not sent stays queued with the reason.

    Args:
        store: holds the ledger.
        connect: opens the way out; not called when nothing is queued.
        write: renders a claimed edition; an InputError from it refuses that edition alone.
        now: the moment of the run.
        jitter: random numbers in [0, 1) for the waits of deferred letters.
        only: an address; the others' editions are left alone.
    """
    with store.write() as tx:
        recovered = ledger.recover(tx, alive=lambda owner: owners.is_alive(store, owner))
        recovered += ledger.requeue_in_doubt(tx, now=now, most=MOST_IN_DOUBT)
    delivered: list[Delivered] = []
    with owners.hold(store) as owner, ExitStack() as connection:
        transport: Transport | None = None
        try:
            for claimed in _claims(store, owner, now=now, only=only):
                if transport is None:
                    transport = connection.enter_context(connect())
                outcome = _send(transport, claimed, write)
                _settle(store, claimed, outcome, owner=owner, now=now, jitter=jitter)
                delivered.append(
                    Delivered(
                        edition_id=claimed.edition_id,
                        email=claimed.subscription.email,
                        outcome=outcome,
                    )
                )
        except DigestError as error:
            with store.write() as tx:
                ledger.release(tx, owner=owner, reason=str(error), now=now)
            if not isinstance(error, DeliveryError):
                raise
            return DeliveryReport(
                delivered=tuple(delivered), recovered=recovered, problem=str(error)
            )
    return DeliveryReport(delivered=tuple(delivered), recovered=recovered)


def _claims(store: Store, owner: str, *, now: datetime, only: str | None) -> Iterator[Claimed]:
    while True:
        with store.write(durable=True) as tx:
            claims = ledger.claim(tx, owner=owner, now=now, limit=CLAIM, email=only)
        if not claims:
            return
        yield from claims


def _send(transport: Transport, claimed: Claimed, write: Callable[[Claimed], Envelope]) -> Outcome:
    try:
        envelope = write(claimed)
    except InputError as error:
        return Refused(reason=str(error))
    return transport.send(
        sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
    )


def _settle(
    store: Store,
    claimed: Claimed,
    outcome: Outcome,
    *,
    owner: str,
    now: datetime,
    jitter: Callable[[], float],
) -> None:
    again = None
    if isinstance(outcome, Deferred | InDoubt):
        again = now + wait_before(claimed.attempts + 1, jitter=jitter())
    with store.write() as tx:
        ledger.settle(
            tx, claimed.edition_id, owner=owner, outcome=outcome, now=now, next_attempt_at=again
        )
