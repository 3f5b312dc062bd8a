"""One reader on the operator's pages: state, profiles, and what the operator may change."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.profiles.presentation import channel_of
from digest.core.subscribers.consent import Consent
from digest.errors import UsageError
from digest.pipeline.admin.why_no_mail import MailExplanation, explain_mail
from digest.pipeline.subscribers import administration
from digest.pipeline.subscribers.leavings import OPERATOR
from digest.pipeline.subscribers.suppression import suppress
from digest.store.admin import reader_search
from digest.store.admin.reader_search import FoundReader
from digest.store.database.store import Store
from digest.store.subscribers import profiles, subscriptions

DAYS = 14
"""How many days of a reader's mail the page explains."""


class ReaderAction(StrEnum):
    """What an operator can do to a reader."""

    PAUSE = "pause"
    RESUME = "resume"
    SUPPRESS = "suppress"
    LIFT = "lift suppression"
    BRING_BACK = "bring back"
    STOP = "stop"


class ReaderProfile(Struct, frozen=True, kw_only=True):
    """A digest of a reader, with its profile as it is stored."""

    subscription: Subscription
    text: str

    @property
    def channel(self) -> str | None:
        """The channel to which it goes; None: it is sent by mail."""
        return channel_of(self.text)

    @property
    def file(self) -> str | None:
        """The file that decides about the profile; None: it can be changed here."""
        item = self.subscription
        if item.origin is SubscriptionOrigin.FILE:
            return f"profiles/{item.name}.toml"
        # All readers of a mailing list get the same.
        return None if item.list_name is None else item.profile_file or "lists.toml"


class ReaderDetails(Struct, frozen=True, kw_only=True):
    """Everything that the page of a reader shows."""

    found: FoundReader
    mail: MailExplanation
    profiles: Sequence[ReaderProfile]


def details(store: Store, address_id: int, *, now: datetime) -> ReaderDetails | None:
    """Returns what the page of a reader shows; None if there is no such reader."""
    with store.read() as tx:
        found = reader_search.read(tx, address_id)
        if found is None:
            return None
        email = found.address.email
        mail = explain_mail(tx, email, now=now, days=DAYS)
        if mail is None:
            return None
        live = subscriptions.live_subscriptions(tx, email=email)
        texts = [ReaderProfile(subscription=item, text=profiles.text_of(tx, item)) for item in live]
    return ReaderDetails(found=found, mail=mail, profiles=texts)


def possible_actions(status: AddressStatus) -> Sequence[ReaderAction]:
    """Returns what can be done to a reader with this status."""
    if status is AddressStatus.ACTIVE:
        return (ReaderAction.PAUSE, ReaderAction.SUPPRESS, ReaderAction.STOP)
    if status is AddressStatus.PAUSED:
        return (ReaderAction.RESUME, ReaderAction.SUPPRESS, ReaderAction.STOP)
    if status is AddressStatus.SUPPRESSED:
        return (ReaderAction.LIFT, ReaderAction.BRING_BACK)
    if status is AddressStatus.UNSUBSCRIBED:
        return (ReaderAction.BRING_BACK,)
    return ()


def change(
    store: Store,
    email: str,
    action: ReaderAction,
    *,
    now: datetime,
    profiles: LoadedProfiles,
    consent: Consent | None = None,
) -> str:
    """Changes a reader, as the commands of `digest subscribers` do; returns what was done.

    Args:
        store: The database.
        email: The address of the reader.
        action: What to do.
        now: The current time.
        profiles: The profile files.
        consent: How and when the reader agreed again, to bring a reader back who left.

    Raises:
        UsageError: It cannot be done; says why.
    """
    steps: dict[ReaderAction, Callable[[], None]] = {
        ReaderAction.PAUSE: lambda: administration.pause(store, email=email, now=now),
        ReaderAction.RESUME: lambda: administration.resume(
            store, email=email, now=now, profiles=profiles
        ),
        ReaderAction.LIFT: lambda: administration.resume(
            store, email=email, now=now, suppressed=True, profiles=profiles
        ),
        ReaderAction.BRING_BACK: lambda: administration.resume(
            store, email=email, now=now, consent=consent, profiles=profiles
        ),
        ReaderAction.STOP: lambda: administration.remove(store, email=email, now=now),
        ReaderAction.SUPPRESS: lambda: _suppress(store, email, now=now),
    }
    steps[action]()
    return _DONE[action]


_DONE = {
    ReaderAction.PAUSE: "paused",
    ReaderAction.RESUME: "active",
    ReaderAction.SUPPRESS: "suppressed",
    ReaderAction.LIFT: "active",
    ReaderAction.BRING_BACK: "active",
    ReaderAction.STOP: "unsubscribed",
}


def _suppress(store: Store, email: str, *, now: datetime) -> None:
    with store.write() as tx:
        done = suppress(
            tx, email, composed_at=None, origin=OPERATOR, detail="on the operator's pages", now=now
        )
    if not done:
        raise UsageError(f"{email}: it left or is suppressed already")
