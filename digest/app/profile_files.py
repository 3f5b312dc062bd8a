"""Reads the profile files of a home without parsing those that are stored."""

from pathlib import Path

from digest.config.profiles import loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.profiles.compiled import content_hash, shared_text
from digest.store.database.store import Store
from digest.store.subscribers import profile_files


def load_changed_profiles(store: Store, folder: Path) -> LoadedProfiles:
    """Reads profiles/*.toml as they are now; parses those whose text has changed.

    Args:
        store: the database, which has the texts of the subscriptions.
        folder: the folder of the files.
    """
    with store.read() as tx:
        known = profile_files.known_files(tx)

    def known_email(name: str, text: str) -> str | None:
        email, stored = known.get(name, ("", ""))
        return email if stored and content_hash(shared_text(text, email)) == stored else None

    return loader.load_all(folder, known_email=known_email)
