"""Exports and erases the stored data of an address.

A keyed hash of the address stays after the erasure, so that no list or file brings it back by
mistake. Without the key, the hash does not reveal the address.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.address_spellings import spellings
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.email_addresses import domain_spellings
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.errors import UsageError
from digest.pipeline.subscribers import leavings
from digest.store.database.store import Store
from digest.store.subscribers import erasure as erasure_store
from digest.store.subscribers import retention, subscriptions

_BLOCK = 1 << 20  # bytes that are searched at a time
_LONGEST_SPELLING = 2_000  # characters: an address of 254 characters, each encoded


def export(store: Store, *, email: str) -> dict[str, list[dict[str, Any]]]:
    """Returns everything that is stored about an address, as rows by table.

    Raises:
        UsageError: There is no such subscriber.
    """
    with store.read() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        return erasure_store.export_rows(tx, address.address_id)


def erase(
    store: Store, *, email: str, profiles: LoadedProfiles, keys: Sequence[bytes], now: datetime
) -> bool:
    """Removes an address and everything that is stored about it.

    A keyed hash stays. At the end, the deleted data is also removed from the files of the database.
    A second call completes an interrupted one.

    Args:
        store: The database.
        email: The address.
        profiles: The profile files. None of them may contain the address, because the next run
            would store it again.
        keys: The keys of the hashes; the first one is used.
        now: The current time.

    Returns:
        False if there was no such address.

    Raises:
        UsageError: A profile file contains the address.
        StoreError: A message to the address is being sent at this moment.
    """
    erased = erase_rows(store, email=email, profiles=profiles, keys=keys, now=now)
    # Also without such an address: an earlier call may have been interrupted before this.
    erasure_store.remove_deleted_data(store)
    return erased


def erase_rows(
    store: Store, *, email: str, profiles: LoadedProfiles, keys: Sequence[bytes], now: datetime
) -> bool:
    """Does what `erase` does, without rewriting the files of the database, which takes long.

    SQLite overwrites the deleted rows at once; PostgreSQL does so when it cleans its tables.
    """
    _require_no_mention(profiles, email)
    with store.write(durable=True) as tx:
        retention.overwrite_deleted(tx)
        address = subscriptions.find_address(tx, email)
        if address is not None:
            # Who had unsubscribed or complained before must still be known by that.
            status = address.status if address.status in CLOSED else AddressStatus.ERASED
            # Before the rows are deleted, in the same transaction: there is no moment without
            # either.
            leavings.remember(tx, email, status, at=now, key=keys[0])
            erasure_store.erase(tx, address.address_id)
    return address is not None


def files_with_address(folder: Path, email: str) -> Iterator[Path]:
    """Finds the files that contain an address, in a folder and the folders in it.

    A file that cannot be read is skipped. Compressed and encrypted files are not understood.

    Args:
        folder: The folder.
        email: The address.
    """
    pattern = _address_pattern(email)
    for path in sorted(folder.rglob("*")):
        try:
            if path.is_file() and not path.is_symlink() and _contains(path, pattern):
                yield path
        except OSError:
            continue


def _contains(path: Path, pattern: re.Pattern[str]) -> bool:
    with path.open("rb") as file:
        rest = ""
        while block := file.read(_BLOCK):
            # ASCII characters are the same bytes in every encoding that is used here. Other
            # characters occur in domains only.
            text = rest + block.decode("utf-8", "replace")
            if pattern.search(text):
                return True
            # An address may begin in one block and end in the next.
            rest = text[-_LONGEST_SPELLING:]
    return False


def _require_no_mention(profiles: LoadedProfiles, email: str) -> None:
    pattern = _address_pattern(email)
    for file in profiles.files:
        if address_key(file.email) == address_key(email):
            raise UsageError(
                f"profiles/{file.name}.toml: it contains {email} and would subscribe it again;"
                " delete the file first"
            )
        if pattern.search(f"{file.name}\n{file.text}"):
            raise UsageError(f"profiles/{file.name}.toml: it mentions {email}; remove that first")
    # A file with an error has no address yet, but a text.
    for error in profiles.errors:
        path = Path(error.file or "")
        if path.is_file() and (pattern.search(path.name) or _contains(path, pattern)):
            raise UsageError(f"{path}: it mentions {email}; remove that first")


def _address_pattern(email: str) -> re.Pattern[str]:
    key = address_key(email)
    return spellings(key.rpartition("@")[0], domains=domain_spellings(key))
