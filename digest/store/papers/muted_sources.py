"""Stores the muted sources, whose next papers are recorded but not announced.

All sources are muted when a backup is restored. Papers that came between the backup and its
restore were most likely in digests already, but the store has no record of them. So the first
complete read of each source treats its papers as known, and unmutes it.
"""

import json
from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from digest.store.database.schema import meta
from digest.store.database.statements import insert_or_ignore

_KEY = "quiet sources"


def muted_sources(tx: Connection) -> frozenset[str]:
    """Returns the names of the muted sources."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    return frozenset(json.loads(value)) if value else frozenset()


def mute(tx: Connection, names: Collection[str]) -> None:
    """Mutes these sources, and unmutes all others."""
    tx.execute(delete(meta).where(meta.c.key == _KEY))
    if names:
        tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": json.dumps(sorted(names))})


def unmute(tx: Connection, name: str) -> None:
    """Unmutes a source after its first complete read."""
    mute(tx, muted_sources(tx) - {name})
