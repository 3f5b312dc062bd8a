"""Ends the subscriptions whose profile file was removed, and continues them when it is back."""

from datetime import datetime
from pathlib import Path

from digest.core.subscribers.removals import is_plausible
from digest.core.text.plurals import count
from digest.store.database.store import Connection
from digest.store.mailing_lists import memberships
from digest.store.subscribers import profile_files
from digest.store.subscribers.profile_files import FollowedFiles


def sync_removed(tx: Connection, *, home: Path, now: datetime) -> tuple[FollowedFiles, list[str]]:
    """Compares the files that subscriptions follow with the files that exist.

    The members of a mailing list end with the list, not with its file.

    Args:
        tx: A write transaction.
        home: The home.
        now: The current time.

    Returns:
        The files that subscriptions follow, without those that are gone; and warnings.
    """
    warnings = _continue(tx, home=home, now=now)
    followed = profile_files.followed_files(tx)
    missing = [file for file in followed if _is_removed(home / file)]
    if not missing:
        return followed, warnings
    readers = profile_files.followers_of_files(tx)
    gone = {file: readers[file] for file in missing if file in readers}
    rest = {file: stored for file, stored in followed.items() if file not in gone}
    ending = sum(gone.values())
    if not is_plausible(ending, staying=sum(readers.values()) - ending):
        return rest, [*warnings, *(_kept(file, number) for file, number in gone.items())]
    for file in gone:
        number = memberships.end_all(tx, file=file, now=now, detail=f"{file} was removed")
        warnings.append(
            f"{file} was removed, so {count(number, 'subscription')} ended; put the file back to"
            " continue, or give the readers another one with `digest subscribers set-profile"
            f" --all-using {file} NEWFILE`"
        )
    return rest, warnings


def _continue(tx: Connection, *, home: Path, now: datetime) -> list[str]:
    warnings: list[str] = []
    for file in sorted(memberships.ended_names(tx)[1]):
        if (home / file).is_file():
            number = memberships.resume_all(tx, file=file, now=now, detail=f"{file} is back")
            if number:
                warnings.append(f"{file} is back, so {count(number, 'subscription')} continued")
    return warnings


def _is_removed(file: Path) -> bool:
    """Whether a file was deleted, while its folder is there."""
    # Without the folder, it was more likely moved, or a disk is not mounted.
    return not file.exists() and file.parent.is_dir()


def _kept(file: str, number: int) -> str:
    readers = "1 reader keeps" if number == 1 else f"{number:,} readers keep"
    return (
        f"{file}: the file is gone, and with it most or all subscriptions of such files would end;"
        f" {readers} the profile from before. Put the file back, give them another one with `digest"
        f" subscribers set-profile --all-using {file} NEWFILE`, or end them with `digest"
        f" subscribers end --all-using {file}`"
    )
