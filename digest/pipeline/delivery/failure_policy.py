"""Detects from SMTP outcomes that the server rejects the whole run, or that a mailbox is gone.

The first pauses sending, the second suppresses the address.

As with bounces, only an enhanced status code tells that a mailbox is gone (RFC 3463: 5.2.1, and
5.1.x except those about the sender), never a bare 550. It counts only if the server accepted
other messages of the run: a server that calls every mailbox unknown has a wrong configuration,
and would cost the list all its readers.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Deferred, Outcome, Refused, Sent
from digest.core.schedule.retry import WINDOW, pause_after, too_many_blocked, too_many_refused
from digest.pipeline.subscribers import suppression
from digest.store.database.store import Store
from digest.store.editions import delivery_pause
from digest.store.editions.delivery_pause import DeliveryPause

ORIGIN = "smtp"  # in the consent log


class DeadMailbox(Struct, frozen=True, kw_only=True):
    """A mailbox that no longer exists, by the words of a server."""

    email: str
    reply: str  # of the server
    composed_at: datetime  # of the edition: an address that was confirmed later is not suppressed


class FailureMonitor:
    """The latest outcomes of a run, in order. Not thread-safe: callers hold a lock."""

    def __init__(self) -> None:
        self._refused: list[bool] = []  # one for each of the last `WINDOW` outcomes
        self._blocked: list[bool] = []  # the same: refused by policy
        self.dead: list[DeadMailbox] = []

    def record(self, claimed: ClaimedEdition, outcome: Outcome) -> str:
        """Adds an outcome.

        Returns:
            Why sending should pause; empty if it may go on.
        """
        refused = isinstance(outcome, Refused)
        blocked = isinstance(outcome, Deferred) and outcome.policy
        self._refused = [*self._refused[1 - WINDOW :], refused]
        self._blocked = [*self._blocked[1 - WINDOW :], blocked]
        if isinstance(outcome, Refused) and _is_dead(outcome):
            email = claimed.subscription.email
            self.dead.append(
                DeadMailbox(email=email, reply=outcome.reason, composed_at=claimed.composed_at)
            )
        last = "" if isinstance(outcome, Sent) else f"; the last: {outcome.reason}"
        refusals = f"of the last {len(self._refused)} messages were refused"
        if blocked and too_many_blocked(self._blocked):
            return f"{sum(self._blocked)} {refusals} by policy{last}"
        if too_many_refused(self._refused):
            return f"{sum(self._refused)} {refusals}{last if refused else ''}"
        return ""


def _is_dead(outcome: Refused) -> bool:
    if not outcome.status.startswith(("5.1.", "5.2.1")):
        return False
    from digest.mail.bounces.status_codes import BounceKind, kind_of_status

    return kind_of_status(outcome.status) is BounceKind.HARD


def suppress(store: Store, mailboxes: Sequence[DeadMailbox], *, sent: int, now: datetime) -> int:
    """Suppresses the addresses, unless the server accepted fewer messages than there are.

    Args:
        store: the database with the addresses.
        mailboxes: those that no longer exist, by the words of the server.
        sent: messages that the server accepted in the same run.
        now: the time for the consent log.

    Returns:
        How many addresses are newly suppressed.
    """
    if not mailboxes or sent < len(mailboxes):
        return 0
    with store.write(durable=True) as tx:
        return sum(
            suppression.suppress(
                tx,
                mailbox.email,
                composed_at=mailbox.composed_at,
                origin=ORIGIN,
                detail=mailbox.reply,
                now=now,
            )
            for mailbox in mailboxes
        )


def update_pause(
    store: Store,
    previous: DeliveryPause | None,
    *,
    blocked: str,
    sent: int,
    now: datetime,
    jitter: Callable[[], float],
) -> None:
    """Pauses sending after a blocked run; ends the pause after a run that sent a message.

    Args:
        store: the database with the pause.
        previous: the pause before this run, if no message was sent since.
        blocked: why the run had to stop; empty if it went through.
        sent: messages that the run sent.
        now: when the run started.
        jitter: returns a random number in [0, 1).
    """
    if not blocked and not (previous and sent):
        return
    with store.write() as tx:
        if not blocked:
            delivery_pause.delete_pause(tx)
            return
        # Pauses grow longer. After a sent message, counting them starts again.
        continued = previous if previous and not sent else None
        times = continued.times + 1 if continued else 1
        delivery_pause.store_pause(
            tx,
            DeliveryPause(
                since=continued.since if continued else now,
                until=now + pause_after(times, jitter=jitter()),
                times=times,
                reason=blocked,
            ),
        )
