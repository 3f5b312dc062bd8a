"""Reads the libraries that profiles name in `likes`, once a day, and later after a failure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from digest.core.enrichment.pauses import next_use
from digest.core.models.papers import Paper
from digest.core.profiles.reading_lists import library_in
from digest.errors import DigestError
from digest.store.database.store import Store
from digest.store.papers import source_state

# Less than a day: the next run may begin some minutes earlier than the last one did.
_INTERVAL = timedelta(hours=20)


class LibraryReader(Protocol):
    """Reads the papers of a library of Zotero."""

    def __call__(self, library: str, collection: str, *, now: datetime) -> tuple[Paper, ...]:
        """Returns the papers that were changed last, as many as a reading list may have.

        Args:
            library: `users/ID` or `groups/ID`.
            collection: the key of a collection; empty: the whole library.
            now: the current time.

        Raises:
            DigestError: it cannot be read.
        """


def read_due(
    store: Store,
    names: Collection[str],
    *,
    known: Collection[str],
    read: LibraryReader,
    now: datetime,
) -> dict[str, tuple[Paper, ...] | str]:
    """Reads the libraries that are due, each once for all its readers.

    Args:
        store: The database; it keeps when each library is due again.
        names: Entries of `likes` that name libraries.
        known: Those of them that are stored for somebody.
        read: Reads a library.
        now: The current time.

    Returns:
        The papers of each library that was read, or a warning.
    """
    with store.read() as tx:
        waiting = source_state.not_due(tx, now)
    found: dict[str, tuple[Paper, ...] | str] = {}
    for name in sorted(names):
        place, key = library_in(name), f"likes:{name}"
        with store.read() as tx:
            failures = source_state.load(tx, key).failures
        # What nobody has any more is read again for a new reader, unless it could not be read.
        if place is None or (key in waiting and (name in known or failures)):
            continue
        try:
            found[name] = read(*place, now=now)
            failures = 0
        except DigestError as error:
            failures += 1
            reason = getattr(error, "reason", None) or str(error)
            found[name] = f"{name}: {reason}; its readers keep the list from before"
        next_at = next_use(failures, now=now, retry_after=None) if failures else now + _INTERVAL
        with store.write() as tx:
            source_state.save(
                tx,
                key,
                now=now,
                next_poll_at=next_at,
                failures=failures,
                failing_since=now if failures else None,
            )
    return found
