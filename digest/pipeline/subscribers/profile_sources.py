"""The files from which profiles of added and imported readers come, and which they follow.

Such a subscription stores the path of its file, and each run compares it with the file. So a
change of the file counts for all its readers, as a change in the folder of profiles does.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.subscribers.reconcile import SubscriptionUpdate, address_key
from digest.errors import ProfileError, UsageError
from digest.store.database.store import Connection
from digest.store.subscribers import followed_files


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSource:
    """The profile of a new subscription."""

    name: str  # of the subscription
    text: str  # TOML; an `email` in it is ignored
    file: str | None = None  # the file to follow, as it is stored; None: the text is only copied
    path: Path | None = None  # the same file, absolute


def read_source(path: Path, *, home: Path | None) -> ProfileSource:
    """Reads a profile file that a subscription shall follow.

    Args:
        path: The file.
        home: The home, to which the stored path is relative if the file is inside.

    Raises:
        UsageError: The path cannot be stored.
        ProfileError: The file cannot be read.
    """
    absolute = path.absolute()
    if not str(absolute).isprintable():
        raise UsageError(f"{path!r}: the path contains unprintable characters; rename the file")
    text = profile_loader.read(path)
    if home is None:
        return ProfileSource(name=path.stem, text=text)
    resolved, root = absolute.resolve(), home.resolve()
    inside = resolved.is_relative_to(root)
    stored = resolved.relative_to(root).as_posix() if inside else str(resolved)
    return ProfileSource(name=path.stem, text=text, file=stored, path=resolved)


def with_email(text: str, email: str) -> str:
    """Returns the profile with an `email`, which the format requires."""
    try:
        has_email = "email" in tomllib.loads(text)
    except (ValueError, RecursionError):  # no TOML, a number too long, or nested too deeply
        # The profile parser reports what is wrong.
        return text
    return text if has_email else f"email = {json.dumps(email)}\n{text}"


def own_file(email: str, live: list[Subscription], profiles: LoadedProfiles | None) -> str | None:
    """Returns the name of the profile file of an address; None if it has none.

    Args:
        email: The address.
        live: The live subscriptions of the address.
        profiles: The profile files as they are now; None if they are not known.
    """
    for file in profiles.files if profiles is not None else ():
        if address_key(file.authored.email) == address_key(email):
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


def follow_files(tx: Connection, *, home: Path) -> tuple[list[SubscriptionUpdate], list[str]]:
    """Compares subscriptions with the files that they follow.

    Args:
        tx: The transaction.
        home: The home.

    Returns:
        The changes, and a warning for each file that cannot be used. Its readers keep the profile
        that they have.
    """
    updates: list[SubscriptionUpdate] = []
    warnings: list[str] = []
    for name, count in followed_files.followed_files(tx).items():
        try:
            updates += _updates(tx, name, profile_loader.read(home / name))
        except ProfileError as error:
            readers = "1 reader keeps" if count == 1 else f"{count:,} readers keep"
            # Without the line: it may be counted with the one that `with_email` adds.
            warnings.append(
                f"{name}: {error.problem}; {readers} the profile from before. Correct the file, or"
                " name another one with `digest subscribers set-profile`"
            )
    return updates, warnings


def _updates(tx: Connection, name: str, text: str) -> list[SubscriptionUpdate]:
    updates: list[SubscriptionUpdate] = []
    for item in followed_files.with_other_text(tx, name, text):
        profile_text = with_email(text, item.email)
        if profile_text != item.profile_text:
            # Raises before any reader of this file is changed.
            profile_loader.parse(profile_text, file=name)
            updates.append(
                SubscriptionUpdate(subscription_id=item.subscription_id, profile_text=profile_text)
            )
    return updates
