"""Types for sending an edition: its state, the message and the result."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from digest.core.models.editions import Edition
from digest.core.models.profiles import DEFAULT_PRESENTATION, Presentation
from digest.core.models.subscribers import Subscription


class EditionState(StrEnum):
    """The state of an edition in the ledger."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DEFERRED = "deferred"  # to be tried again at `next_attempt_at`
    REFUSED = "refused"
    IN_DOUBT = "in doubt"  # the connection was lost between the final dot and the reply
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # the reader unsubscribed before it was sent


class PackedEdition(Struct, frozen=True, kw_only=True):
    """An edition as the ledger stores it; it is unpacked where its message is written."""

    local_date: date
    content: str  # JSON (`digest.store.editions.serialization`)
    matched: int  # papers that matched the profile


class Occasion(Struct, frozen=True, kw_only=True):
    """What is special about a message among those of its subscription."""

    is_first: bool = False
    since: date | None = None  # the date of the digest before, if that is long ago


ORDINARY = Occasion()


class ClaimedEdition(Struct, frozen=True, kw_only=True):
    """An edition that this process has claimed for sending."""

    edition_id: int
    subscription: Subscription
    edition: Edition | PackedEdition
    message_id: str
    composed_at: datetime  # the Date header: the same in every attempt
    attempts: int  # earlier attempts, without this one
    # From the profile as it is now.
    reader_name: str = ""
    weekly: bool = False  # one digest a week
    presentation: Presentation = DEFAULT_PRESENTATION
    previous: date | None = None  # the date of the edition before, of the same subscription
    is_first: bool = False  # the subscription has no earlier edition
    released_at: datetime | None = None  # the operator released it: send it, however late
    channel: str = ""  # the name of the channel; empty: it is sent by mail
    progress: str = ""  # of a digest that is several messages: `digest.core.channel_progress`

    @property
    def unpacked(self) -> Edition:
        """The edition, if it is not from the ledger; raises TypeError for a packed one."""
        if isinstance(self.edition, PackedEdition):
            raise TypeError(f"edition {self.edition_id} is packed")
        return self.edition


class Envelope(Struct, frozen=True, kw_only=True):
    """One finished message with its envelope addresses."""

    sender: str  # the return path, ASCII
    recipient: str  # ASCII
    message: bytes


class Sent(Struct, frozen=True, kw_only=True):
    """The server accepted the message: it answered 250 after the final dot."""

    reply: str


class Deferred(Struct, frozen=True, kw_only=True):
    """The server could not accept the message now; it is tried again later."""

    reason: str
    code: int | None = None  # of the SMTP reply
    policy: bool = False  # refused by policy, so the next messages may be refused too
    retry_after: float | None = None  # seconds that the server wants to be left alone


class Refused(Struct, frozen=True, kw_only=True):
    """The server will never accept this message."""

    reason: str
    code: int | None = None  # of the SMTP reply
    status: str = ""  # RFC 3463 status such as 5.1.1; empty if the server gave none


class InDoubt(Struct, frozen=True, kw_only=True):
    """The connection was lost after the final dot and before the reply."""

    reason: str


Outcome = Sent | Deferred | Refused | InDoubt
