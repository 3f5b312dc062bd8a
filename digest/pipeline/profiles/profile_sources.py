"""The files from which profiles of added and imported readers come, and which they follow.

Such a subscription stores the path of its file, and each run compares it with the file. So a
change of the file counts for all its readers, as a change in the folder of profiles does.
"""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.profiles.compiled import ANY_READER, address_in, content_hash, shared_text
from digest.core.subscribers.reconcile import FollowedUpdate, address_key
from digest.errors import ProfileError, UsageError
from digest.store.database.store import Connection
from digest.store.subscribers import profile_files
from digest.store.subscribers.profile_files import FollowedFiles, FollowedProfile

_SOMEBODY = "reader@example.org"


class ProfileSource(Struct, frozen=True, kw_only=True):
    """The profile of a new subscription."""

    name: str  # of the subscription
    text: str  # TOML; an `email` in it is ignored
    file: str | None = None  # the file to follow, as it is stored; None: the text is only copied
    path: Path | None = None  # the same file, absolute
    list_name: str | None = None  # the mailing list whose file it is


def read_source(
    path: Path,
    *,
    home: Path | None,
    lists: MailingLists = NO_LISTS,
    is_resolved: bool = False,
) -> ProfileSource:
    """Reads a profile file for a subscription to follow.

    Args:
        path: The file.
        home: The home, to which the stored path is relative if the file is inside.
        lists: The mailing lists, whose readers follow their files.
        is_resolved: The path of the home contains no symbolic links, as `Path.resolve` returns it.

    Raises:
        UsageError: The path cannot be stored.
        ProfileError: The file cannot be read.
    """
    absolute = path.absolute()
    # The path is stored, and shown in lists and warnings.
    if not str(absolute).isprintable():
        raise UsageError(f"{path!r}: the path contains unprintable characters; rename the file")
    text = profile_loader.read(path)
    if home is None:
        return ProfileSource(name=path.stem, text=text)
    resolved = absolute.resolve()
    stored = _stored_path(resolved, home if is_resolved else home.resolve())
    mailing_list = lists.following(stored)
    return ProfileSource(
        name=mailing_list.title if mailing_list else path.stem,
        text=text,
        file=stored,
        path=resolved,
        list_name=mailing_list.name if mailing_list else None,
    )


def stored_path(path: Path, *, home: Path) -> str:
    """Returns a path as it is stored: relative to the home if it is inside, else absolute."""
    return _stored_path(path.absolute().resolve(), home.resolve())


def _stored_path(resolved: Path, root: Path) -> str:
    # Relative to the home, so that the home can be moved.
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(resolved)


def with_email(text: str, email: str) -> str:
    """Returns the profile with an `email`, which the format requires."""
    try:
        has_email = "email" in tomllib.loads(text)
    except (ValueError, RecursionError):  # no TOML, a number too long, or nested too deeply
        # The profile parser reports what is wrong.
        return text
    return text if has_email else f"email = {json.dumps(email)}\n{text}"


def for_any_reader(text: str) -> str:
    """Returns the profile as it is stored for readers whose address is not in it."""
    return text if with_email(text, _SOMEBODY) == text else ANY_READER + text


def own_file(email: str, live: list[Subscription], profiles: LoadedProfiles | None) -> str | None:
    """Returns the name of the profile file of an address; None if it has none.

    Args:
        email: The address.
        live: The live subscriptions of the address.
        profiles: The profile files as they are now; None if they are not known.
    """
    for file in profiles.files if profiles is not None else ():
        if address_key(file.email) == address_key(email):
            return file.name
    for item in live:
        # A file that is gone ends its subscription at the next run; a broken one does not.
        if item.origin is SubscriptionOrigin.FILE and (
            profiles is None or profiles.missing or item.name in profiles.broken
        ):
            return item.name
    return None


def is_own_file(source: ProfileSource, name: str, profiles: LoadedProfiles | None) -> bool:
    """Whether a source is the file with this name in the folder of profiles."""
    files = profiles.files if profiles is not None else ()
    return any(file.name == name and file.path.resolve() == source.path for file in files)


def follow_files(
    tx: Connection, followed: FollowedFiles, *, home: Path
) -> tuple[list[FollowedUpdate], list[str]]:
    """Compares subscriptions with the files that they follow.

    Args:
        tx: The transaction.
        followed: The files, with the stored profiles.
        home: The home.

    Returns:
        The changes, and a warning for each file that cannot be used. Its readers keep the profile
        that they have.
    """
    updates: list[FollowedUpdate] = []
    warnings: list[str] = []
    for name, stored in followed.items():
        try:
            updates += _updates(tx, name, profile_loader.read(home / name), stored)
        except ProfileError as error:
            count = sum(item.readers for item in stored)
            readers = "1 reader keeps" if count == 1 else f"{count:,} readers keep"
            # Without the line: it may be counted with the one that `with_email` adds.
            warnings.append(
                f"{name}: {error.problem}; {readers} the profile from before. Correct the file, or"
                " name another one with `digest subscribers set-profile`"
            )
    return updates, warnings


def _updates(
    tx: Connection, name: str, text: str, stored: Sequence[FollowedProfile]
) -> list[FollowedUpdate]:
    # Nearly always nothing has changed, so the hashes are compared before anything is parsed.
    # An address in the file is that of one reader, whose stored text does not have it.
    own = shared_text(text, address_in(text) or "")
    same = {content_hash(text), content_hash(ANY_READER + text), content_hash(own)}
    others = [item.profile_id for item in stored if item.content_hash not in same]
    if not others:
        return []
    wanted = for_any_reader(text)
    hash_by_profile = {item.profile_id: item.content_hash for item in stored}
    changed: dict[str, list[int]] = {}  # subscriptions by their new text
    for item in profile_files.followers(tx, name, others):
        reader_text = shared_text(wanted, item.email)
        if content_hash(reader_text) != hash_by_profile[item.profile_id]:
            changed.setdefault(reader_text, []).append(item.subscription_id)
    if not changed:
        return []
    # The address is the only difference between the readers of a file.
    parsed = profile_loader.parse(with_email(text, _SOMEBODY), file=name).profile
    return [
        FollowedUpdate(subscription_ids=tuple(numbers), profile_text=reader_text, profile=parsed)
        for reader_text, numbers in changed.items()
    ]
