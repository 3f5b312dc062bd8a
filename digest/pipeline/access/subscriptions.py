"""What the HTTP API does with subscriptions: by the rules of the commands and of the site.

Who has left stays gone: only a consent that is newer than the leaving brings a reader back.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.profiles.compiled import content_hash
from digest.core.profiles.presentation import channel_of
from digest.core.signup.choices import check_digest_name
from digest.core.subscribers.consent import parse_consent
from digest.core.subscribers.reconcile import CLOSED
from digest.errors import UsageError
from digest.pipeline.access.posted_profiles import parse_alone
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.pipeline.profiles.profile_sources import ProfileSource, for_any_reader
from digest.pipeline.signup import preferences
from digest.pipeline.subscribers import administration
from digest.pipeline.subscribers.administration import AddOutcome
from digest.store.access import pages
from digest.store.access.pages import ListedSubscription
from digest.store.database.store import Connection, Store
from digest.store.mailing_lists import memberships
from digest.store.subscribers import profiles as profile_store
from digest.store.subscribers import reading_lists, subscriptions

_LONGEST_PAUSE = timedelta(days=3650)

ORIGIN = "api"
"""The origin of what the API does, in the consent log."""


class StoredText(Struct, frozen=True, kw_only=True):
    """The profile of a subscription, and the version that a change must name."""

    text: str  # TOML, as its author wrote it
    version: str


class StartResult(Struct, frozen=True, kw_only=True):
    """A subscription that was started, or that was there before."""

    subscription_id: int
    is_new: bool


def find(store: Store, subscription_id: int) -> ListedSubscription:
    """Returns a subscription, live or ended.

    Raises:
        RequestRefused: There is none with this number, or its reader was erased.
    """
    with store.read() as tx:
        return _found(tx, subscription_id)


def require_live(store: Store, subscription_id: int) -> None:
    """Raises RequestRefused if there is no live subscription with this number."""
    with store.read() as tx:
        _live(tx, subscription_id)


def start(
    store: Store,
    *,
    email: str,
    name: str,
    text: str,
    consent: str,
    token: str,
    keys: Sequence[bytes],
    files: LoadedProfiles,
    now: datetime,
) -> StartResult:
    """Starts a subscription, as `digest subscribers add` does.

    Args:
        store: The database.
        email: The address.
        name: Of the subscription.
        text: The profile, TOML.
        consent: How and when the reader agreed, with a date.
        token: The name of the token, for the consent log.
        keys: The keys of the hashes that are stored of erased addresses.
        files: The profile files.
        now: The current time.

    Raises:
        RequestRefused: The address, the name or the consent cannot be used; the reader has left, or
            has a profile file.
        ProfileError: The profile is wrong.
    """
    try:
        email = administration.checked_address(email)
    except UsageError:
        raise RequestRefused(RefusalKind.INVALID, "email is no e-mail address") from None
    try:
        agreed = parse_consent(consent, now=now)
        name = check_digest_name(name)
    except ValueError as error:
        raise RequestRefused(RefusalKind.INVALID, f"consent or name: {error}") from None
    parsed = parse_alone(text)
    with store.write() as tx:
        result = administration.add_checked(
            tx,
            email=email,
            profile=ProfileSource(name=name, text=text),
            parsed=parsed,
            now=now,
            keys=keys,
            profiles=files,
            consent=agreed,
            cause=f"API token {token}",
        )
        live = subscriptions.live_subscriptions(tx, origin=SubscriptionOrigin.IMPORT, email=email)
    if result.leaving is not None and result.outcome is AddOutcome.LEFT:
        raise RequestRefused(
            RefusalKind.CONFLICT,
            f"the reader {CLOSED[result.leaving.status]} on {result.leaving.at:%Y-%m-%d %H:%M} UTC;"
            " only a consent that is newer changes that",
        )
    if result.outcome is AddOutcome.HAS_FILE:
        raise RequestRefused(
            RefusalKind.CONFLICT, "the reader has a profile file; change that file"
        )
    number = next(item.subscription_id for item in live if item.name == name)
    return StartResult(subscription_id=number, is_new=result.outcome is AddOutcome.ADDED)


def profile_of(store: Store, subscription_id: int) -> StoredText:
    """Returns the profile of a live subscription.

    Raises:
        RequestRefused: There is no live subscription with this number.
    """
    with store.read() as tx:
        item = _live(tx, subscription_id)
        text = profile_store.text_of(tx, item)
    return StoredText(text=text, version=_version(text))


def change_profile(
    store: Store, subscription_id: int, text: str, *, versions: Collection[str], now: datetime
) -> StoredText:
    """Gives a subscription another profile.

    Args:
        store: The database.
        subscription_id: The subscription.
        text: The new profile, TOML.
        versions: One must be that of the stored profile; `*` accepts any.
        now: The current time.

    Raises:
        RequestRefused: There is no live subscription with this number, it follows a file, or its
            profile is another one meanwhile.
        ProfileError: The profile is wrong.
    """
    with store.read() as tx:
        known = reading_lists.papers(tx, [subscription_id]).get(subscription_id, {})
        channel = channel_of(profile_store.text_of(tx, _live(tx, subscription_id)))
    parsed = parse_alone(text, known_lists=known, channel=channel)
    with store.write() as tx:
        item = _live(tx, subscription_id)
        _require_no_file(item)
        stored = _version(profile_store.text_of(tx, item))
        if not {"*", stored}.intersection(versions):
            raise RequestRefused(
                RefusalKind.CHANGED, "the profile was changed meanwhile; read it again"
            )
        subscriptions.update_profile(
            tx, subscription_id, for_any_reader(text), now=now, profile=parsed
        )
        changed = profile_store.text_of(tx, _live(tx, subscription_id))
    return StoredText(text=changed, version=_version(changed))


def pause(store: Store, subscription_id: int, *, until: datetime | None, now: datetime) -> None:
    """Pauses a live subscription.

    Args:
        store: The database.
        subscription_id: The subscription.
        until: When it is resumed by itself; None: never.
        now: The current time.

    Raises:
        RequestRefused: There is no live subscription with this number, its reader has left, or the
            time is past.
    """
    if until is not None and not now < until < now + _LONGEST_PAUSE:
        raise RequestRefused(RefusalKind.INVALID, "until is not within the next ten years")
    with store.read() as tx:
        _require_not_left(_live(tx, subscription_id))
    preferences.pause(store, subscription_id, until=until, now=now, origin=ORIGIN)


def resume(store: Store, subscription_id: int, *, now: datetime) -> None:
    """Resumes a subscription that was paused, with the papers from now on.

    Raises:
        RequestRefused: There is no live subscription with this number, its reader has left, or the
            operator paused the address.
    """
    with store.read() as tx:
        item = _live(tx, subscription_id)
        _require_not_left(item)
        if item.status is AddressStatus.PAUSED:
            raise RequestRefused(
                RefusalKind.CONFLICT,
                "the operator paused all mail to this address; `digest subscribers resume` ends it",
            )
    preferences.resume(store, subscription_id, now=now, origin=ORIGIN)


def stop(store: Store, subscription_id: int, *, now: datetime) -> None:
    """Ends a subscription. With the last one, the reader has left; a mailing list is left in any case.

    Raises:
        RequestRefused: There is no live subscription with this number, or a profile file would
            start it again.
    """
    with store.write(durable=True) as tx:
        item = _live(tx, subscription_id)
        others = len(subscriptions.live_subscriptions(tx, email=item.email)) - 1
        if others and item.origin is SubscriptionOrigin.FILE:
            raise RequestRefused(
                RefusalKind.CONFLICT,
                "the subscription comes from a profile file, which would start it again; remove"
                " the file",
            )
        if item.list_name is not None:
            memberships.leave(tx, item, origin=ORIGIN, now=now)
            return
        subscriptions.end(tx, subscription_id, now=now, detail=f"{item.name}: by the API")
        if not others and item.status not in CLOSED:
            subscriptions.set_status(
                tx,
                item.email,
                AddressStatus.UNSUBSCRIBED,
                event="unsubscribed",
                origin=ORIGIN,
                detail="",
                now=now,
            )


def _found(tx: Connection, subscription_id: int) -> ListedSubscription:
    item = pages.find_subscription(tx, subscription_id)
    if item is None:
        raise RequestRefused(RefusalKind.MISSING, "there is no such subscription")
    return item


def _live(tx: Connection, subscription_id: int) -> Subscription:
    item = _found(tx, subscription_id)
    if item.ended_at is not None:
        raise RequestRefused(RefusalKind.CONFLICT, "the subscription has ended")
    return item.subscription


def _require_no_file(item: Subscription) -> None:
    if item.origin is SubscriptionOrigin.FILE or item.profile_file is not None:
        raise RequestRefused(
            RefusalKind.CONFLICT, "the subscription follows a profile file; change that file"
        )


def _require_not_left(item: Subscription) -> None:
    if item.status in CLOSED:
        raise RequestRefused(
            RefusalKind.CONFLICT, f"the reader {CLOSED[item.status]}, and gets no mail"
        )


def _version(text: str) -> str:
    return content_hash(text)[:32]
