"""What becomes of an edition in the ledger."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.core.models.editions import Edition
from digest.core.models.subscribers import Subscription


class EditionState(StrEnum):
    """Where an edition stands in the ledger."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DEFERRED = "deferred"  # to be tried again at `next_attempt_at`
    REFUSED = "refused"
    IN_DOUBT = "in doubt"  # the connection was lost between the final dot and the reply
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # the reader left before it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEdition:
    """An edition that this process may deliver, with the papers it names."""

    edition_id: int
    subscription: Subscription
    edition: Edition
    message_id: str
    composed_at: datetime  # the message's Date, frozen
    attempts: int  # before this one
    released_at: datetime | None = None  # a person said: send it, however late


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One edition as it goes out."""

    sender: str  # the return path, ASCII
    recipient: str  # ASCII
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The server took responsibility: it answered 250 after the final dot."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now; try again."""

    reason: str
    code: int | None = None
    policy: bool = False  # refused by policy: others may be, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not this one, ever."""

    reason: str
    code: int | None = None
    status: str = ""  # RFC 3463, such as 5.1.1, where the server gave one


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """The connection was lost after the final dot and before the reply."""

    reason: str


Outcome = Sent | Deferred | Refused | InDoubt
