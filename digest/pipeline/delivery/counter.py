"""Counts and logs the outcomes of a delivery, and lists them for its report."""

from collections import Counter

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Outcome, Sent
from digest.logs import get_logger

KEPT = 1000  # outcomes that a report lists, of sent messages and of the others each

_log = get_logger("digest.deliver")


class DeliveredEdition(Struct, frozen=True, kw_only=True):
    """An edition, its reader, and the outcome of the attempt."""

    edition_id: int
    email: str
    outcome: Outcome


class DeliveryCounter:
    """The outcomes of a run. Not thread-safe: callers hold a lock."""

    def __init__(self) -> None:
        self.counts: Counter[type[Outcome]] = Counter()
        self._sent: list[DeliveredEdition] = []
        self._failed: list[DeliveredEdition] = []

    @property
    def delivered(self) -> tuple[DeliveredEdition, ...]:
        """The listed outcomes: at most 1,000 sent messages and 1,000 others."""
        return (*self._failed, *self._sent)

    def record(self, claimed: ClaimedEdition, outcome: Outcome) -> None:
        """Counts and logs one outcome."""
        email = claimed.subscription.email
        log = _log.debug if isinstance(outcome, Sent) else _log.info
        log("attempt", edition=claimed.edition_id, recipient=email, outcome=outcome)
        listed = self._sent if isinstance(outcome, Sent) else self._failed
        self.counts[type(outcome)] += 1
        if len(listed) < KEPT:
            listed.append(
                DeliveredEdition(edition_id=claimed.edition_id, email=email, outcome=outcome)
            )
