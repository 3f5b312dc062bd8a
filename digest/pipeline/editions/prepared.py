"""What is known of a due subscription when its edition is composed, and not stored yet."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from digest.core.subscribers.due_times import DueState
from digest.store.archive.shown_papers import PackedPapers

# Named tuples, because there is one for each reader, and they travel between processes.


class PreparedEdition(NamedTuple):
    """The content of an edition; readers with the same profile may share one."""

    content: str  # JSON, see `digest.store.editions.serialization`
    considered: int  # number of papers that were ranked
    matched: int  # of those, papers that matched
    shown: int  # papers in sections
    papers: Sequence[PackedPapers]  # all papers that it shows for the first time
    updates: int = 0  # papers that its reader has, and of which there is news

    @property
    def has_content(self) -> bool:
        """Whether there is something that the reader wants to know."""
        return bool(self.matched or self.updates)


class PreparedReader(NamedTuple):
    """A due subscription with its edition."""

    subscription_id: int
    email: str
    name: str  # of the subscription
    local_date: date
    known: DueState  # the state on which the decision is based
    if_made: DueState  # the state after an edition
    if_not_made: DueState  # the state without one
    sends_without_match: bool
    edition: PreparedEdition
