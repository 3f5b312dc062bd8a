"""Types for addresses and their subscriptions."""

from enum import StrEnum

from msgspec import Struct


class AddressStatus(StrEnum):
    """The status of an address, which decides whether it gets mail."""

    PENDING = "pending"  # not confirmed yet
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"  # the mailbox does not exist, or its reader complained
    ERASED = "erased"


class SubscriptionOrigin(StrEnum):
    """Where a subscription comes from."""

    FILE = "file"  # a file in profiles/, which is the desired state of the subscription
    WEB = "web"
    IMPORT = "import"  # `subscribers add` and `subscribers import`


class EndCause(StrEnum):
    """What ended a subscription, where that decides whether it may continue."""

    READER = "reader"  # left the mailing list, so only a newer consent brings the reader back
    FILE = "file"  # the profile file or the mailing list was removed; it continues if that is back


class Subscription(Struct, frozen=True, kw_only=True):
    """One profile for one address."""

    subscription_id: int
    email: str
    name: str  # the file's stem, or the name given when it was added; unique for the address
    origin: SubscriptionOrigin
    profile_id: int  # of the stored profile, which readers may share
    status: AddressStatus  # of the address
    paused: bool  # only this subscription
    read_through: int  # announcements up to this sequence number have been considered
    # The file that the profile follows, relative to the home if it is inside; None for origin
    # `file`, and for a profile that was only copied.
    profile_file: str | None = None
    list_name: str | None = None  # the mailing list that it belongs to
