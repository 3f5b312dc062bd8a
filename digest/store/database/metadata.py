"""Facts about the store itself: its instance id, the keys that sign, and dates of maintenance."""

import secrets
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select, update

from digest.store.database.schema import COUNTERS, counter, meta, paper
from digest.store.database.statements import insert_missing


def initialise(tx: Connection) -> None:
    """Writes the counters, the instance id and the message key, where they are missing."""
    insert_missing(tx, counter, [{"name": name, "value": 0} for name in COUNTERS])
    _insert_if_missing(tx, "instance", secrets.token_hex(6))
    _insert_if_missing(tx, "message key", secrets.token_hex(16))


def instance_id(tx: Connection) -> str:
    """Returns twelve hex digits that identify this store."""
    # A pooled connection never changes its database, so the value can be cached on it.
    instance = tx.info.get("instance")
    if instance is None:
        instance = tx.info["instance"] = _value(tx, "instance")
    return str(instance)


def message_key(tx: Connection) -> bytes:
    """Returns the key that makes Message-IDs impossible to guess.

    It never changes and must never leave the store.
    """
    key = tx.info.get("message key")
    if key is None:
        key = tx.info["message key"] = str(_value(tx, "message key")).encode()
    return bytes(key)


def signing_secret(tx: Connection) -> str | None:
    """Returns the secret that signs links; None if the store has none."""
    return _value(tx, "secret")


def store_signing_secret(tx: Connection, value: str) -> str:
    """Stores the secret if there is none yet; returns the stored secret."""
    _insert_if_missing(tx, "secret", value)
    return str(_value(tx, "secret"))


def frozen_statistics(tx: Connection, day: date) -> int | None:
    """Returns the highest paper id that counts in the statistics of a day.

    Returns:
        None if `freeze_statistics` was not called for this day yet.
    """
    value = _value(tx, "statistics")
    frozen_on, _, paper_id = value.partition(" ") if value else ("", "", "")
    return int(paper_id) if frozen_on == day.isoformat() else None


def freeze_statistics(tx: Connection, day: date) -> int:
    """Limits the statistics of a day to the papers stored by now; only the first call counts.

    Returns:
        The highest paper id that counts.
    """
    # Read again in the write transaction: another process may have frozen them meanwhile.
    paper_id = frozen_statistics(tx, day)
    if paper_id is not None:
        return paper_id
    # All scores of the day use these papers, so that they can be compared.
    newest = tx.execute(select(func.max(paper.c.id))).scalar_one() or 0
    tx.execute(delete(meta).where(meta.c.key == "statistics"))
    _insert_if_missing(tx, "statistics", f"{day.isoformat()} {newest}")
    return int(newest)


def last_pruned_on(tx: Connection) -> str | None:
    """Returns the day (ISO 8601) of the last automatic pruning; None if there was none."""
    return _value(tx, "pruned on")


def set_last_pruned_on(tx: Connection, day: str) -> None:
    """Stores the day (ISO 8601) of an automatic pruning, so that it runs once a day."""
    tx.execute(delete(meta).where(meta.c.key == "pruned on"))
    _insert_if_missing(tx, "pruned on", day)


def take_rerank_request(tx: Connection, day: date, *, limit: int) -> bool:
    """Counts a request to the language model, unless the requests of a day are used up.

    Args:
        tx: Write transaction.
        day: In UTC.
        limit: Requests a day.

    Returns:
        Whether one more request is allowed.
    """
    key = "rerank requests"
    # Written first: two processes must not read the same count.
    _insert_if_missing(tx, key, "")
    tx.execute(update(meta).where(meta.c.key == key).values(value=meta.c.value))
    counted_on, _, number = str(_value(tx, key)).partition(" ")
    used = int(number) if counted_on == day.isoformat() else 0
    if used >= limit:
        return False
    value = f"{day.isoformat()} {used + 1}"
    tx.execute(update(meta).where(meta.c.key == key).values(value=value))
    return True


def last_run_at(tx: Connection) -> datetime | None:
    """Returns about when the last run was made, by the clock of that run; None if none was."""
    value = _value(tx, "last run at")
    return datetime.fromisoformat(value) if value else None


def set_last_run_at(tx: Connection, at: datetime) -> None:
    """Stores when a run was made, so that the next one notices a clock that was set back."""
    tx.execute(delete(meta).where(meta.c.key == "last run at"))
    _insert_if_missing(tx, "last run at", at.isoformat())


def _insert_if_missing(tx: Connection, key: str, value: str) -> None:
    insert_missing(tx, meta, [{"key": key, "value": value}])


def _value(tx: Connection, key: str) -> str | None:
    return tx.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()
