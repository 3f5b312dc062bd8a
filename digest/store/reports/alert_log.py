"""The operator's diary: what is wrong, since when, and what was told; it outlives the run."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from digest.core.alerts import Alert, AlertState
from digest.store.database.schema import meta
from digest.store.database.statements import insert_missing

_KEY = "operator diary"
_DATETIME_FIELDS = ("since", "told_at", "over_at")


def read(tx: Connection) -> AlertState:
    """The diary; in a write transaction nobody else changes it until that ends."""
    add_if_missing = tx.get_execution_options().get("digest_write")
    mine = select(meta.c.value).where(meta.c.key == _KEY)
    if add_if_missing:
        insert_missing(tx, meta, [{"key": _KEY, "value": "{}"}])
        mine = mine.with_for_update()
    value = tx.execute(mine).scalar_one_or_none()
    known = json.loads(value or "{}")
    mailed_at = known.get("mailed_at")
    return AlertState(
        mailed_at=datetime.fromisoformat(mailed_at) if mailed_at else None,
        notes=tuple(_from_json(item) for item in known.get("notes", ())),
    )


def write(tx: Connection, diary: AlertState) -> None:
    """Keeps the diary; `read` was called in the same transaction."""
    value = {
        "mailed_at": diary.mailed_at and diary.mailed_at.isoformat(),
        "notes": [_to_json(note) for note in diary.notes],
    }
    text = json.dumps(value, ensure_ascii=False).replace("\\u0000", "")  # PostgreSQL takes none
    tx.execute(update(meta).where(meta.c.key == _KEY).values(value=text))


def _to_json(note: Alert) -> dict[str, Any]:
    fields = asdict(note)
    return fields | {name: fields[name] and fields[name].isoformat() for name in _DATETIME_FIELDS}


def _from_json(fields: dict[str, Any]) -> Alert:
    moments = {
        name: datetime.fromisoformat(fields[name]) if fields[name] else None for name in _DATETIME_FIELDS
    }
    return Alert(**{**fields, **moments})
