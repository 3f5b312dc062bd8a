"""Whether sending as a whole is paused, and why; one fact that outlives the run."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.logs import redactor
from digest.store.database.schema import meta
from digest.store.database.statements import insert_or_ignore

_KEY = "delivery pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPause:
    """The last run had to stop."""

    since: datetime  # when the first of these runs stopped
    until: datetime  # runs before this moment send nothing
    times: int  # runs in a row that stopped without a letter taken
    reason: str


def paused(tx: Connection) -> DeliveryPause | None:
    """The pause, whether over or not; None if the last run did not have to stop."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _KEY)).scalar_one_or_none()
    if value is None:
        return None
    known = json.loads(value)
    return DeliveryPause(
        since=datetime.fromisoformat(known["since"]),
        until=datetime.fromisoformat(known["until"]),
        times=known["times"],
        reason=known["reason"],
    )


def pause(tx: Connection, said: DeliveryPause) -> None:
    """Keeps a pause in place of any other."""
    resume(tx)
    value = {
        "since": said.since.isoformat(),
        "until": said.until.isoformat(),
        "times": said.times,
        "reason": redactor(said.reason, always=True),  # a reader may be erased one day
    }
    tx.execute(insert_or_ignore(tx, meta), {"key": _KEY, "value": json.dumps(value)})


def resume(tx: Connection) -> None:
    """Ends the pause, if there is one."""
    tx.execute(delete(meta).where(meta.c.key == _KEY))
