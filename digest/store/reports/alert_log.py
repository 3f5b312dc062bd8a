"""Stores which problems exist, since when, and of which the operator has an alert."""

import json
from datetime import datetime
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection, select, update

from digest.core.alerts import Alert, AlertState
from digest.store.database.schema import meta
from digest.store.database.statements import insert_missing

_KEY = "operator diary"  # the row in `meta`; existing databases contain this name
_DATETIME_FIELDS = ("since", "told_at", "over_at")


def read(tx: Connection) -> AlertState:
    """Returns the stored state; in a write transaction, locks it until the transaction ends."""
    can_write = tx.get_execution_options().get("digest_write")
    row = select(meta.c.value).where(meta.c.key == _KEY)
    if can_write:
        # A row must exist, or there is nothing to lock.
        insert_missing(tx, meta, [{"key": _KEY, "value": "{}"}])
        row = row.with_for_update()
    value = tx.execute(row).scalar_one_or_none()
    fields = json.loads(value or "{}")
    mailed_at = fields.get("mailed_at")
    return AlertState(
        mailed_at=datetime.fromisoformat(mailed_at) if mailed_at else None,
        alerts=tuple(_from_json(item) for item in fields.get("notes", ())),
    )


def write(tx: Connection, state: AlertState) -> None:
    """Stores the state; call `read` in the same transaction before."""
    value = {
        "mailed_at": state.mailed_at and state.mailed_at.isoformat(),
        "notes": [_to_json(note) for note in state.alerts],
    }
    # PostgreSQL rejects NUL characters in texts.
    text = json.dumps(value, ensure_ascii=False).replace("\\u0000", "")
    tx.execute(update(meta).where(meta.c.key == _KEY).values(value=text))


def _to_json(note: Alert) -> dict[str, Any]:
    fields = asdict(note)
    return fields | {name: fields[name] and fields[name].isoformat() for name in _DATETIME_FIELDS}


def _from_json(fields: dict[str, Any]) -> Alert:
    moments = {
        name: datetime.fromisoformat(fields[name]) if fields[name] else None
        for name in _DATETIME_FIELDS
    }
    return Alert(**{**fields, **moments})
