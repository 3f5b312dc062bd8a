"""Sources whose next papers are noted and not announced: after a restored backup.

What came between the backup and its restoring was most likely in digests already; nobody can
know. So the first look at each source takes it as seen.
"""

import json
from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from digest.store.database.schema import meta
from digest.store.database.statements import insert_or_ignore

_KEY = "quiet sources"


def muted_sources(tx: Connection) -> frozenset[str]:
    """The names of the sources that are."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    return frozenset(json.loads(value)) if value else frozenset()


def mute(tx: Connection, names: Collection[str]) -> None:
    """Lets these be quiet, and no others."""
    tx.execute(delete(meta).where(meta.c.key == _KEY))
    if names:
        tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": json.dumps(sorted(names))})


def unmute(tx: Connection, name: str) -> None:
    """Ends it for a source: all that it had was read."""
    mute(tx, muted_sources(tx) - {name})
