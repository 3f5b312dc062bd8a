"""What a delivery's letters came to: counted, told to the log, and kept for its report."""

from collections import Counter
from dataclasses import dataclass

from digest.core.models.delivery import ClaimedEdition, Outcome, Sent
from digest.logs import get_logger

KEPT = 1000  # letters that a report tells of one by one, of those sent and of the others

_log = get_logger("digest.deliver")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredEdition:
    """What became of one edition."""

    edition_id: int
    email: str
    outcome: Outcome


class DeliveryCounter:
    """For one thread at a time."""

    def __init__(self) -> None:
        self.counts: Counter[type[Outcome]] = Counter()
        self._sent: list[DeliveredEdition] = []
        self._failed: list[DeliveredEdition] = []

    @property
    def delivered(self) -> tuple[DeliveredEdition, ...]:
        """At most 1,000 of those sent, and of the others."""
        return (*self._failed, *self._sent)

    def note(self, claimed: ClaimedEdition, outcome: Outcome) -> None:
        """Takes one more outcome."""
        reader = claimed.subscription.email
        say = _log.debug if isinstance(outcome, Sent) else _log.info
        say("letter", edition=claimed.edition_id, recipient=reader, outcome=outcome)
        kept = self._sent if isinstance(outcome, Sent) else self._failed
        self.counts[type(outcome)] += 1
        if len(kept) < KEPT:
            kept.append(
                DeliveredEdition(edition_id=claimed.edition_id, email=reader, outcome=outcome)
            )
