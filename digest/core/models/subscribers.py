"""Addresses and subscriptions."""

from dataclasses import dataclass
from enum import StrEnum


class AddressStatus(StrEnum):
    """What may be sent to an address."""

    PENDING = "pending"  # not confirmed yet
    ACTIVE = "active"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"  # dead, or complained
    ERASED = "erased"


class SubscriptionOrigin(StrEnum):
    """Where a subscription comes from."""

    FILE = "file"  # profiles/*.toml is its desired state
    WEB = "web"
    IMPORT = "import"  # `subscribers add` and `subscribers import`


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One address's standing order for one profile."""

    subscription_id: int
    email: str
    name: str  # the file's stem, or what it was called when added; unique for the address
    origin: SubscriptionOrigin
    profile_text: str  # as authored, TOML
    status: AddressStatus  # of the address
    paused: bool  # this subscription alone
    read_through: int  # announcements up to this sequence were considered
