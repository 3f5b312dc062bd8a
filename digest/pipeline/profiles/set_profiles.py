"""Gives subscriptions another profile file, or ends those that follow a file."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from digest.config.mailing_lists.loader import FILE
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.profiles.compiled import shared_text
from digest.errors import UsageError
from digest.pipeline.profiles.profile_sources import (
    ProfileSource,
    for_any_reader,
    is_own_file,
    own_file,
    with_email,
)
from digest.store.database.store import Store
from digest.store.mailing_lists import memberships
from digest.store.subscribers import profile_files, subscriptions

_SOMEBODY = "reader@example.org"


def set_profile(
    store: Store,
    *,
    email: str,
    profile: ProfileSource,
    name: str | None,
    profiles: LoadedProfiles,
    now: datetime,
) -> None:
    """Gives a subscription another profile, which it follows from now on.

    If the profile is the address's own file in the folder of profiles, the subscription becomes
    that of the file; if there is one already, the other one ends.

    Args:
        store: The database.
        email: The address.
        profile: The new profile.
        name: The name of the subscription; None if there is only one.
        profiles: The profile files.
        now: The current time.

    Raises:
        UsageError: There is no such subscription, or it comes from a profile file, or the address
            has several and no name was given.
        ProfileError: The profile is not valid.
    """
    parsed = profile_loader.parse(with_email(profile.text, email), file=profile.name).profile
    with store.write() as tx:
        live = subscriptions.live_subscriptions(tx, email=email)
        changed = _only(email, [item for item in live if _is_added(item)], name)
        if changed.list_name is not None:
            raise UsageError(_is_member(email, changed.list_name))
        _refuse_list(profile)
        file_name = own_file(email, live, profiles)
        is_own = file_name is not None and is_own_file(profile, file_name, profiles)
        origin = SubscriptionOrigin.FILE if is_own else SubscriptionOrigin.IMPORT
        others = [item for item in live if item.subscription_id != changed.subscription_id]
        # The file has a subscription of its own already. A second one with the same profile would
        # double the mail.
        if any((item.origin, item.name) == (origin, profile.name) for item in others):
            if not is_own:
                raise UsageError(f"{email} has a subscription {profile.name!r} already")
            subscriptions.end(
                tx,
                changed.subscription_id,
                now=now,
                detail=f"{changed.name}: profiles/{profile.name}.toml replaces it",
            )
            return
        subscriptions.replace_profile(
            tx,
            changed.subscription_id,
            name=profile.name,
            origin=origin,
            profile_text=profile.text if is_own else for_any_reader(profile.text),
            profile=parsed,
            profile_file=None if is_own else profile.file,
            now=now,
        )


class MovedReaders(Struct, frozen=True, kw_only=True):
    """What `set_profile_of_all` changed."""

    changed: tuple[str, ...]  # addresses
    skipped: tuple[str, ...]  # addresses that followed the new file already


def set_profile_of_all(
    store: Store, old: str, profile: ProfileSource, *, now: datetime
) -> MovedReaders:
    """Gives all subscriptions that follow a file another one.

    So do those that ended because the file was removed: they continue.

    Args:
        store: The database.
        old: The file, as it is stored.
        profile: The new profile.
        now: The current time.

    Raises:
        UsageError: Nobody follows the file, or one of the two files is that of a mailing list.
        ProfileError: The profile is not valid.
    """
    _refuse_list(profile)
    new = profile.file
    if new is None or new == old:
        raise UsageError(f"{old}: the readers follow this file already")
    parsed = profile_loader.parse(with_email(profile.text, _SOMEBODY), file=profile.name).profile
    wanted = for_any_reader(profile.text)
    with store.write() as tx:
        memberships.resume_all(tx, file=old, now=now, detail=f"{new} replaces {old}")
        found = profile_files.followers_to_move(tx, old, new=new, name=profile.name)
        if not found:
            raise UsageError(f"nobody follows {old}; `digest subscribers list` shows the files")
        by_text: dict[str, list[int]] = {}
        for item in found:
            if not item.has_file:
                by_text.setdefault(shared_text(wanted, item.email), []).append(item.subscription_id)
        for text, numbers in by_text.items():
            profile_files.update_profiles(tx, numbers, text, profile=parsed, now=now)
        for keeps_name in (False, True):
            numbers = [
                item.subscription_id
                for item in found
                if not item.has_file and item.can_have_name is not keeps_name
            ]
            name = None if keeps_name else profile.name
            profile_files.set_file(tx, numbers, new, name=name)
    return MovedReaders(
        changed=tuple(item.email for item in found if not item.has_file),
        skipped=tuple(item.email for item in found if item.has_file),
    )


def end_followers(store: Store, file: str, *, now: datetime) -> int:
    """Ends the subscriptions that follow a file; returns how many.

    Raises:
        UsageError: Nobody follows it.
    """
    with store.write() as tx:
        detail = f"all that used {file} were ended"
        number = memberships.end_all(tx, file=file, now=now, detail=detail, cause=None)
    if not number:
        raise UsageError(f"nobody follows {file}; `digest subscribers list` shows the files")
    return number


def end_list(store: Store, name: str, *, now: datetime) -> int:
    """Ends the subscriptions of a mailing list; returns how many.

    Raises:
        UsageError: It has no readers.
    """
    with store.write() as tx:
        detail = f"the list {name} was ended"
        number = memberships.end_all(tx, name=name, now=now, detail=detail, cause=None)
    if not number:
        raise UsageError(f"the list {name} has no readers; `digest lists` shows the lists")
    return number


def _refuse_list(profile: ProfileSource) -> None:
    if profile.list_name is not None:
        raise UsageError(
            f"{profile.file} is the profile of the list {profile.list_name}, which needs the consent"
            f" of each reader: `digest subscribers add ADDRESS --list {profile.list_name} --consent"
            ' "how and when"`'
        )


def _is_member(email: str, list_name: str) -> str:
    return (
        f"{email}: this subscription belongs to the list {list_name}, whose readers all have its"
        f" profile; change `profile` of the list in {FILE}, or end it with `digest subscribers"
        f" remove {email} --list {list_name}`"
    )


def _is_added(item: Subscription) -> bool:
    return item.origin is not SubscriptionOrigin.FILE


def _only(email: str, added: Sequence[Subscription], name: str | None) -> Subscription:
    """Returns the subscription with this name, or the only one."""
    found = [item for item in added if name in (None, item.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(item.name for item in added)
    if not added:
        raise UsageError(
            f"{email}: no added or imported subscription; to change one of profiles/, edit its file"
        )
    raise UsageError(f"{email} has the subscriptions {names}: name one with --subscription")
