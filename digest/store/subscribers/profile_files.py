"""Compares subscriptions with the profile files that they come from or follow, and changes them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, case, func, select, update

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import EndCause, Subscription, SubscriptionOrigin
from digest.core.profiles.compiled import compile_text
from digest.core.profiles.encoding import VERSION
from digest.core.subscribers.reconcile import (
    CLOSED,
    CurrentSubscriptions,
    FileSubscription,
    SubscriptionChanges,
    address_key,
)
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import IN_LIST, lock_batches, rows_in
from digest.store.papers import announcements
from digest.store.subscribers import profiles, subscriptions
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


def current_subscriptions(tx: Connection, emails: Collection[str]) -> CurrentSubscriptions:
    """Returns the input of `reconcile`; in a write transaction, it stays valid until the end.

    Args:
        tx: Transaction.
        emails: The addresses in the profile files.
    """
    # Until the transaction ends, no other process records a batch or compares the files, so the
    # changes still fit when they are applied.
    lock_batches(tx)
    columns = subscription.c
    from_files = (
        select(columns.id, columns.name, columns.ended_at, address.c.email, profile.c.content_hash)
        .join_from(subscription, address)
        .join(profile)
        .where(columns.origin == SubscriptionOrigin.FILE)
        .order_by(columns.id)
    )
    keys = {address_key(email) for email in emails}
    closed = select(address.c.email_key, address.c.status).where(address.c.status.in_(CLOSED))
    imported = (
        select(address.c.email_key, columns.name)
        .join_from(address, subscription)
        .where(
            columns.origin != SubscriptionOrigin.FILE,
            columns.ended_at.is_(None),
            columns.list_name.is_(None),  # a mailing list comes beside the reader's own file
        )
        .order_by(columns.id)
    )
    on_site = (
        select(address.c.email_key, columns.name, columns.ended_at)
        .join_from(address, subscription)
        .where(columns.origin == SubscriptionOrigin.WEB, columns.list_name.is_(None))
        .order_by(columns.ended_at.is_(None), columns.id)  # of several with one name, the live one
    )
    key = address.c.email_key
    return CurrentSubscriptions(
        subscriptions=tuple(
            FileSubscription(
                subscription_id=row.id,
                name=row.name,
                email=row.email,
                profile_hash=row.content_hash,
                live=row.ended_at is None,
            )
            for row in tx.execute(from_files)
        ),
        closed={row.email_key: row.status for row in rows_in(tx, closed, key, keys)},
        on_site={
            (row.name, row.email_key): row.ended_at is None
            for row in rows_in(tx, on_site, key, keys)
        },
        imported={row.email_key: row.name for row in rows_in(tx, imported, key, keys)},
    )


def apply_changes(tx: Connection, changes: SubscriptionChanges, now: datetime) -> None:
    """Applies the changes that `reconcile` found."""
    for subscription_id in changes.end:
        subscriptions.end(
            tx,
            subscription_id,
            now=now,
            detail="the profile file was deleted or changed address",
            cause=EndCause.FILE,
        )
    for changed in changes.update:
        subscriptions.update_profile(
            tx,
            changed.subscription_id,
            changed.profile_text,
            now=now,
            name=changed.name,
            profile=changed.profile,
        )
    for followed in changes.follow:
        update_profiles(
            tx, followed.subscription_ids, followed.profile_text, profile=followed.profile, now=now
        )
    for resumed in changes.resume:
        subscriptions.resume(
            tx,
            resumed.subscription_id,
            profile_text=resumed.profile_text,
            now=now,
            detail="the profile file is back",
            profile=resumed.profile,
        )
    if changes.start:
        read_through = announcements.start_seq(tx)
        for new in changes.start:
            subscriptions.start(
                tx,
                email=new.email,
                name=new.name,
                origin=SubscriptionOrigin.FILE,
                profile_text=new.profile_text,
                read_through=read_through,
                now=now,
                detail=f"profile file {new.name}.toml",
                profile=new.profile,
            )


def known_files(tx: Connection) -> Mapping[str, tuple[str, str]]:
    """Returns the addresses and the content hashes of profiles that need no parsing, by file name.

    These are the profiles from the folder that this version of the program has compiled. A name that
    several live subscriptions have is left out.

    Args:
        tx: Transaction.
    """
    compiled = (
        select(subscription.c.name, address.c.email, profile.c.content_hash)
        .join_from(subscription, address)
        .join(profile)
        .where(
            subscription.c.origin == SubscriptionOrigin.FILE,
            subscription.c.ended_at.is_(None),
            profile.c.version == VERSION,
            profile.c.compiled.is_not(None),
        )
    )
    found: dict[str, tuple[str, str] | None] = {}
    for row in tx.execute(compiled):
        # Two live subscriptions have this file name: the text must be parsed to know whose it is.
        found[row.name] = None if row.name in found else (row.email, row.content_hash)
    return {name: known for name, known in found.items() if known}


class FollowedProfile(Struct, frozen=True, kw_only=True):
    """One of the profiles that the followers of a file have; usually there is one."""

    profile_id: int
    content_hash: str  # of the stored text
    readers: int


FollowedFiles = Mapping[str, Sequence[FollowedProfile]]
"""Files that subscriptions follow, with the profiles of their followers."""


def followers_of_files(tx: Connection) -> dict[str, int]:
    """Returns how many live subscriptions follow each file, without those of mailing lists."""
    columns = subscription.c
    own = (columns.profile_file.is_not(None), columns.ended_at.is_(None))
    numbers = select(columns.profile_file, func.count()).where(*own, columns.list_name.is_(None))
    rows = tx.execute(numbers.group_by(columns.profile_file))
    return {str(file): number for file, number in rows}


def followed_files(tx: Connection) -> dict[str, list[FollowedProfile]]:
    """Returns the files that live subscriptions follow, with the profiles of their followers."""
    columns = subscription.c
    profiles = (
        select(columns.profile_file, columns.profile_id, profile.c.content_hash, func.count())
        .join_from(subscription, profile)
        .where(columns.profile_file.is_not(None), columns.ended_at.is_(None))
        .group_by(columns.profile_file, columns.profile_id, profile.c.content_hash)
        .order_by(columns.profile_file, columns.profile_id)
    )
    files: dict[str, list[FollowedProfile]] = {}
    for file, profile_id, stored_hash, readers in tx.execute(profiles):
        item = FollowedProfile(profile_id=profile_id, content_hash=stored_hash, readers=readers)
        files.setdefault(file, []).append(item)
    return files


def followers(tx: Connection, file: str, profile_ids: Collection[int]) -> list[Subscription]:
    """Returns the live subscriptions that follow a file and have one of these profiles."""
    columns = subscription.c
    found = select_subscriptions().where(columns.profile_file == file, columns.ended_at.is_(None))
    rows = rows_in(tx, found, columns.profile_id, profile_ids)
    return sorted(map(from_row, rows), key=lambda item: item.subscription_id)


def update_profiles(
    tx: Connection, subscription_ids: Sequence[int], text: str, *, profile: Profile, now: datetime
) -> None:
    """Changes the profile of many subscriptions, as `subscriptions.update_profile` does.

    Args:
        tx: Write transaction.
        subscription_ids: Subscriptions to change.
        text: The new profile, as it is stored for all of them (`shared_text`).
        profile: What the text says.
        now: Current time.
    """
    record = compile_text(text, profile)
    profile_id = profiles.store_profiles(tx, [record])[record.content_hash]
    columns = subscription.c
    # `before` are the old profiles, which nobody may have afterwards.
    due, before = columns.next_due, set[int]()
    for first in range(0, len(subscription_ids), IN_LIST):
        changed = columns.id.in_(subscription_ids[first : first + IN_LIST])
        before.update(tx.execute(select(columns.profile_id).where(changed)).scalars())
        values = {"next_due": case((due > now, now), else_=due), "waiting_until": None}
        tx.execute(update(subscription).where(changed).values(profile_id=profile_id, **values))
    profiles.remove_unused(tx, before - {profile_id})


class Follower(Struct, frozen=True, kw_only=True):
    """A subscription that follows a file and is to follow another one."""

    subscription_id: int
    email: str
    can_have_name: bool  # the reader has no other subscription with the new name
    has_file: bool  # the reader follows the new file already


def followers_to_move(tx: Connection, old: str, *, new: str, name: str) -> list[Follower]:
    """Returns the live subscriptions that follow a file, without those of mailing lists.

    Args:
        tx: Transaction.
        old: The file that they follow.
        new: The file that they are to follow.
        name: The name that they are to have.
    """
    columns, other = subscription.c, subscription.alias()
    same_reader = (
        other.c.address_id == columns.address_id,
        other.c.id != columns.id,
        other.c.ended_at.is_(None),
    )
    named = select(other.c.id).where(
        *same_reader, other.c.name == name, other.c.origin == columns.origin
    )
    following = select(other.c.id).where(*same_reader, other.c.profile_file == new)
    rows = tx.execute(
        select(
            columns.id,
            address.c.email,
            named.correlate(subscription).exists().label("named"),
            following.correlate(subscription).exists().label("following"),
        )
        .join_from(subscription, address)
        .where(columns.profile_file == old, columns.ended_at.is_(None), columns.list_name.is_(None))
        .order_by(columns.id)
    )
    return [
        Follower(
            subscription_id=row.id,
            email=row.email,
            can_have_name=not row.named,
            has_file=row.following,
        )
        for row in rows
    ]


def set_file(
    tx: Connection, subscription_ids: Sequence[int], file: str, *, name: str | None
) -> None:
    """Makes subscriptions follow a file, and gives them a name unless it is None."""
    columns = subscription.c
    values = {"profile_file": file} | ({} if name is None else {"name": name})
    for first in range(0, len(subscription_ids), IN_LIST):
        changed = columns.id.in_(subscription_ids[first : first + IN_LIST])
        tx.execute(update(subscription).where(changed).values(**values))
