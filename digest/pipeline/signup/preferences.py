"""What a reader sees and changes on the page of the own preferences."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct, field

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.profiles import AuthorChoice, Presentation, Profile
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.profiles.presentation import presentation_of
from digest.core.subscribers.due_times import local_date
from digest.core.subscribers.reconcile import CLOSED
from digest.errors import ProfileError
from digest.pipeline.profiles.profile_sources import with_email
from digest.pipeline.subscribers import erasure
from digest.store.database.store import Connection, Store
from digest.store.signup import pauses
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import feedback as feedback_store
from digest.store.subscribers import profiles, reading_lists, subscriptions
from digest.store.subscribers.feedback import AuthorFeedback, PaperFeedback


class ReaderPreferences(Struct, frozen=True, kw_only=True):
    """A subscription as its page shows it."""

    subscription: Subscription
    profile: Profile | None  # None: the stored profile cannot be read
    presentation: Presentation
    follows_file: bool  # the operator's file decides; the reader cannot change it
    paused_until: datetime | None  # None: not by itself
    rated: tuple[PaperFeedback, ...] = ()  # what the digest learns from, newest first
    authors: tuple[AuthorFeedback, ...] = ()
    lists: Mapping[str, int] = field(
        default_factory=dict
    )  # names of reading lists, and their papers
    digests: tuple[Subscription, ...] = ()  # all of the address, with this one

    @property
    def followed(self) -> tuple[str, ...]:
        """The authors whom the reader follows."""
        return self._authors(AuthorChoice.FOLLOW)

    @property
    def muted(self) -> tuple[str, ...]:
        """The authors whose papers are not shown."""
        return self._authors(AuthorChoice.MUTE)

    def _authors(self, choice: AuthorChoice) -> tuple[str, ...]:
        return tuple(item.author for item in self.authors if item.choice is choice)

    @property
    def resumes_on(self) -> date | None:
        """The reader's local day on which a pause ends by itself."""
        if self.paused_until is None or self.profile is None:
            return None
        return local_date(self.profile, self.paused_until)

    @property
    def has_left(self) -> bool:
        """Whether the address gets no mail any more."""
        return self.subscription.status in CLOSED

    @property
    def is_paused(self) -> bool:
        """Whether the reader paused the subscription."""
        return self.subscription.paused

    @property
    def is_paused_by_operator(self) -> bool:
        """Whether the operator paused the address, which the reader cannot undo."""
        return self.subscription.status is AddressStatus.PAUSED


def find_live(tx: Connection, subscription_id: int) -> Subscription | None:
    """Returns a subscription; None if its address was erased, or it has ended."""
    item = bounce_store.find_subscription(tx, subscription_id)
    if item is None:
        return None
    live = subscriptions.live_subscriptions(tx, email=item.email)
    return item if any(other.subscription_id == subscription_id for other in live) else None


def read(store: Store, subscription_id: int) -> ReaderPreferences | None:
    """Returns a subscription; None if its address was erased, or it has ended."""
    with store.read() as tx:
        item = find_live(tx, subscription_id)
        if item is None:
            return None
        text = profiles.text_of(tx, item)
        until = pauses.paused_until(tx, subscription_id)
        rated = tuple(feedback_store.papers(tx, subscription_id))
        authors = tuple(feedback_store.authors(tx, subscription_id))
        lists = reading_lists.papers(tx, [subscription_id]).get(subscription_id, {})
        digests = tuple(subscriptions.live_subscriptions(tx, email=item.email))
    try:
        profile = profile_loader.parse(with_email(text, item.email), file=item.name).profile
    except ProfileError:
        profile = None
    return ReaderPreferences(
        subscription=item,
        profile=profile,
        presentation=presentation_of(text),
        follows_file=item.origin is SubscriptionOrigin.FILE or item.profile_file is not None,
        paused_until=until if item.paused else None,
        rated=rated,
        authors=authors,
        lists={name: len(papers) for name, papers in lists.items()},
        digests=digests,
    )


def forget(store: Store, subscription_id: int) -> None:
    """Removes all that was learned from the reader of a subscription."""
    with store.write() as tx:
        feedback_store.reset(tx, subscription_id)


def pause(
    store: Store,
    subscription_id: int,
    *,
    until: datetime | None,
    now: datetime,
    origin: str = "web",
) -> None:
    """Pauses a subscription, and records who wished it.

    Args:
        store: The database.
        subscription_id: The subscription.
        until: When it is resumed by itself; None: never.
        now: The current time.
        origin: Who wished it, for the consent log; the reader on the site, if nothing else is said.
    """
    _set_paused(store, subscription_id, paused=True, until=until, now=now, origin=origin)


def resume(store: Store, subscription_id: int, *, now: datetime, origin: str = "web") -> None:
    """Resumes a subscription, with the papers from now on; see `pause`."""
    _set_paused(store, subscription_id, paused=False, until=None, now=now, origin=origin)


def _set_paused(
    store: Store,
    subscription_id: int,
    *,
    paused: bool,
    until: datetime | None,
    now: datetime,
    origin: str,
) -> None:
    with store.write() as tx:
        item = bounce_store.find_subscription(tx, subscription_id)
        if item is None:
            return
        pauses.set_paused(tx, subscription_id, paused=paused, until=until)
        address = subscriptions.find_address(tx, item.email)
        if address is not None and item.paused is not paused:
            consent_store.add(
                tx,
                address.address_id,
                at=now,
                event="paused" if paused else "resumed",
                origin=origin,
                detail=item.name,
            )


def export(store: Store, subscription_id: int) -> dict[str, list[dict[str, Any]]] | None:
    """Returns everything that is stored about the reader of a subscription; None: nothing is."""
    with store.read() as tx:
        item = bounce_store.find_subscription(tx, subscription_id)
    return None if item is None else erasure.export(store, email=item.email)


def erase(
    store: Store,
    subscription_id: int,
    *,
    profiles: LoadedProfiles,
    keys: Sequence[bytes],
    now: datetime,
) -> None:
    """Erases the reader of a subscription; does nothing if that was done already.

    Args:
        store: The database.
        subscription_id: The subscription.
        profiles: The profile files.
        keys: The keys of the hash that stays.
        now: The current time.

    Raises:
        UsageError: A profile file contains the address, so only the operator can erase it.
        StoreError: A message to the address is being sent at this moment.
    """
    with store.read() as tx:
        item = bounce_store.find_subscription(tx, subscription_id)
    if item is not None:
        erasure.erase_rows(store, email=item.email, profiles=profiles, keys=keys, now=now)
