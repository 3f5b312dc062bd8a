"""What the answers of a run are signs of: that all of it is refused, or that a mailbox is dead.

That a mailbox is dead is believed as of a bounce: only a status says it (RFC 3463: 5.1.x but the sender's own, 5.2.1), never a bare 550. And only where the
server takes others' letters: one that calls everybody unknown is set up wrong, and would cost
the whole list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.core.models.delivery import ClaimedEdition, Deferred, Outcome, Refused, Sent
from digest.core.schedule.retry import WINDOW, too_many_blocked, too_many_refused
from digest.pipeline.subscribers import suppression
from digest.store.database.store import Store

ORIGIN = "smtp"  # in the consent log


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMailbox:
    """A mailbox that a server called dead."""

    email: str
    said: str  # the server's words
    composed_at: datetime  # the letter's; who came back after it is not meant


class FailureMonitor:
    """What a run's letters came to, in their order; for one thread at a time."""

    def __init__(self) -> None:
        self._refused: list[bool] = []  # of the last letters, each
        self._blocked: list[bool] = []
        self.dead: list[DeadMailbox] = []

    def note(self, claimed: ClaimedEdition, outcome: Outcome) -> str:
        """Takes one more outcome; why the run should pause, or nothing."""
        refused = isinstance(outcome, Refused)
        blocked = isinstance(outcome, Deferred) and outcome.policy
        self._refused = [*self._refused[1 - WINDOW :], refused]
        self._blocked = [*self._blocked[1 - WINDOW :], blocked]
        if isinstance(outcome, Refused) and _is_dead(outcome):
            email = claimed.subscription.email
            letter = DeadMailbox(email=email, said=outcome.reason, composed_at=claimed.composed_at)
            self.dead.append(letter)
        last = "" if isinstance(outcome, Sent) else f"; the last: {outcome.reason}"
        of = f"of the last {len(self._refused)} letters were refused"
        if blocked and too_many_blocked(self._blocked):
            return f"{sum(self._blocked)} {of} by policy{last}"
        if too_many_refused(self._refused):
            return f"{sum(self._refused)} {of}{last if refused else ''}"
        return ""


def _is_dead(outcome: Refused) -> bool:
    if not outcome.status.startswith(("5.1.", "5.2.1")):
        return False
    from digest.mail.bounces.status_codes import (  # with patterns that few runs need
        BounceKind,
        meaning,
    )

    return meaning(outcome.status) is BounceKind.HARD


def suppress(store: Store, called: Sequence[DeadMailbox], *, taken: int, now: datetime) -> int:
    """Suppresses these addresses, unless the server took fewer letters than it so refused.

    Args:
        store: where they are kept.
        called: the mailboxes.
        taken: letters that the same run got through.
        now: the moment.

    Returns:
        How many were.
    """
    if not called or taken < len(called):
        return 0
    with store.write(durable=True) as tx:
        return sum(
            suppression.suppress(
                tx,
                item.email,
                composed_at=item.composed_at,
                origin=ORIGIN,
                detail=item.said,
                now=now,
            )
            for item in called
        )
