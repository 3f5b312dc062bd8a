"""Stores what readers chose on the page of a digest, and starts and ends their digests."""

from collections.abc import Collection
from datetime import datetime

from digest.core.models.profiles import AuthorChoice
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.reader_text import ReaderText
from digest.core.signup.choices import check_digest_name
from digest.errors import UsageError
from digest.pipeline.profiles.profile_sources import for_any_reader
from digest.pipeline.signup.choosing.chosen_digest import ChosenDigest
from digest.pipeline.signup.preferences import ReaderPreferences, find_live
from digest.pipeline.signup.profile_choices import profile_text
from digest.store.database.store import Connection, Store
from digest.store.mailing_lists import memberships
from digest.store.papers import announcements
from digest.store.subscribers import feedback as feedback_store
from digest.store.subscribers import reading_lists, subscriptions

MAX_DIGESTS = 8
"""The largest number of digests that a reader can start on the site."""


def save(
    store: Store,
    before: ReaderPreferences,
    chosen: ChosenDigest,
    *,
    name: str,
    now: datetime,
) -> None:
    """Stores what a reader chose. A subscription from a file no longer follows the file.

    Args:
        store: The database.
        before: The digest as it was read.
        chosen: What the reader chose.
        name: Of the digest.
        now: The current time.

    Raises:
        UsageError: The name cannot be used.
    """
    item, text = before.subscription, _text(chosen)
    name = check_digest_name(name) if name != item.name else name
    with store.write() as tx:
        if find_live(tx, item.subscription_id) is None:
            return
        _require_unused(tx, item, name, but=item.subscription_id)
        if before.follows_file:
            subscriptions.replace_profile(
                tx,
                item.subscription_id,
                name=item.name,  # by which `reconcile` knows that the reader has taken it over
                origin=SubscriptionOrigin.WEB,
                profile_text=text,
                profile_file=None,
                profile=chosen.profile,
                now=now,
            )
        else:
            subscriptions.update_profile(
                tx, item.subscription_id, text, now=now, name=name, profile=chosen.profile
            )
        _save_lists(tx, item.subscription_id, chosen, now=now)
        _save_authors(tx, item.subscription_id, before, chosen, now=now)


def start(
    store: Store, beside: ReaderPreferences, chosen: ChosenDigest, *, name: str, now: datetime
) -> int:
    """Starts another digest for a reader; returns its subscription.

    Args:
        store: The database.
        beside: A digest of the reader.
        chosen: What the reader chose.
        name: Of the new digest.
        now: The current time.

    Raises:
        UsageError: The name cannot be used, or the reader has many digests.
        StoreError: The reader has left.
    """
    item, name = beside.subscription, check_digest_name(name)
    with store.write() as tx:
        if len(_live(tx, item)) >= MAX_DIGESTS:
            raise UsageError(
                ReaderText(
                    "You have %(number)s digests, and more are not possible.", number=MAX_DIGESTS
                )
            )
        _require_unused(tx, item, name, but=None)
        number = subscriptions.start(
            tx,
            email=item.email,
            name=name,
            origin=SubscriptionOrigin.WEB,
            profile_text=_text(chosen),
            profile=chosen.profile,
            read_through=announcements.start_seq(tx),
            now=now,
            detail=f"{name}: started beside {item.name} on the site",
        )
        _save_lists(tx, number, chosen, now=now)
    return number


def end(store: Store, before: ReaderPreferences, *, now: datetime) -> None:
    """Ends one digest of a reader who has several.

    Raises:
        UsageError: It is the only one.
    """
    item = before.subscription
    with store.write() as tx:
        if len(_live(tx, item)) < 2:
            raise UsageError(ReaderText("This is your only digest. To end it, leave."))
        if item.list_name is not None:
            memberships.leave(tx, item, origin="web", now=now)
            return
        subscriptions.end(tx, item.subscription_id, now=now, detail=f"{item.name}: on the site")


def _text(chosen: ChosenDigest) -> str:
    return for_any_reader(profile_text(chosen.profile, chosen.presentation))


def _live(tx: Connection, item: Subscription) -> list[Subscription]:
    return subscriptions.live_subscriptions(tx, email=item.email)


def _require_unused(tx: Connection, item: Subscription, name: str, *, but: int | None) -> None:
    """Raises UsageError if another digest of the reader has the name."""
    if any(other.name == name and other.subscription_id != but for other in _live(tx, item)):
        raise UsageError(
            ReaderText("You have a digest “%(name)s” already. Choose another name.", name=name)
        )


def _save_lists(
    tx: Connection, subscription_id: int, chosen: ChosenDigest, *, now: datetime
) -> None:
    # Lists that no topic names any more are removed by the next run.
    for name, item in chosen.lists.items():
        reading_lists.save(
            tx,
            subscription_id,
            name,
            content_hash=item.content_hash,
            papers=item.papers,
            now=now,
        )


def _save_authors(
    tx: Connection,
    subscription_id: int,
    before: ReaderPreferences,
    chosen: ChosenDigest,
    *,
    now: datetime,
) -> None:
    for choice, old, new in (
        (AuthorChoice.FOLLOW, before.followed, chosen.followed),
        (AuthorChoice.MUTE, before.muted, chosen.muted),
    ):
        _forget(tx, subscription_id, set(old) - set(new))
        for author in new:
            if author not in old:
                feedback_store.choose_author(tx, subscription_id, author, choice, now=now)


def _forget(tx: Connection, subscription_id: int, authors: Collection[str]) -> None:
    for author in authors:
        feedback_store.forget_author(tx, subscription_id, author)
