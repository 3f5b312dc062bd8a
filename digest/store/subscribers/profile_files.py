"""Compares subscriptions with the profile files that they come from or follow, and changes them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.profiles.encoding import VERSION
from digest.core.subscribers.reconcile import (
    CLOSED,
    CurrentSubscriptions,
    FileSubscription,
    SubscriptionChanges,
    address_key,
)
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import lock_batches, rows_in
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions
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
        .where(columns.origin != SubscriptionOrigin.FILE, columns.ended_at.is_(None))
        .order_by(columns.id)
    )
    on_site = (
        select(address.c.email_key, columns.name, columns.ended_at)
        .join_from(address, subscription)
        .where(columns.origin == SubscriptionOrigin.WEB)
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
        subscriptions.update_profiles(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedProfile:
    """One of the profiles that the followers of a file have; usually there is one."""

    profile_id: int
    content_hash: str  # of the stored text
    readers: int


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
