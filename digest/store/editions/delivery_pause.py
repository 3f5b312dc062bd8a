"""Stores the pause of all deliveries after the mail server rejected a whole run."""

import json
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, delete, select

from digest.logs import redactor
from digest.store.database.schema import meta
from digest.store.database.statements import insert_or_ignore

_KEY = "delivery pause"


class DeliveryPause(Struct, frozen=True, kw_only=True):
    """A pause of all deliveries, because the last run had to stop."""

    since: datetime  # when the first of the consecutive failed runs stopped
    until: datetime  # runs before this moment send nothing
    times: int  # consecutive runs that stopped before the server accepted a message
    reason: str


def current_pause(tx: Connection) -> DeliveryPause | None:
    """Returns the stored pause, even if it is over; None if the last run did not have to stop."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    if value is None:
        return None
    fields = json.loads(value)
    return DeliveryPause(
        since=datetime.fromisoformat(fields["since"]),
        until=datetime.fromisoformat(fields["until"]),
        times=fields["times"],
        reason=fields["reason"],
    )


def store_pause(tx: Connection, new_pause: DeliveryPause) -> None:
    """Stores a pause and replaces any other."""
    delete_pause(tx)
    value = {
        "since": new_pause.since.isoformat(),
        "until": new_pause.until.isoformat(),
        "times": new_pause.times,
        # The reason may name a reader, whose address may be erased later.
        "reason": redactor(new_pause.reason, always=True),
    }
    tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": json.dumps(value)})


def delete_pause(tx: Connection) -> None:
    """Deletes the pause, if there is one."""
    tx.execute(delete(meta).where(meta.c.key == _KEY))
