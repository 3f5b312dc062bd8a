"""What the store knows of itself: its instance id, and the secret that signs links."""

import secrets
from datetime import date

from sqlalchemy import Connection, delete, func, select

from digest.store.database.schema import COUNTERS, counter, meta, paper
from digest.store.database.statements import insert_missing


def initialise(tx: Connection) -> None:
    """Gives a new database its counters and its instance id; harmless when repeated."""
    insert_missing(tx, counter, [{"name": name, "value": 0} for name in COUNTERS])
    _insert_if_missing(tx, "instance", secrets.token_hex(6))
    _insert_if_missing(tx, "message key", secrets.token_hex(16))


def instance_id(tx: Connection) -> str:
    """Twelve hex digits that tell this store from all others."""
    known = tx.info.get("instance")  # a pooled connection never changes its database
    if known is None:
        known = tx.info["instance"] = _value(tx, "instance")
    return str(known)


def message_key(tx: Connection) -> bytes:
    """What makes Message-IDs impossible to guess; it never changes, and never leaves the store."""
    known = tx.info.get("message key")
    if known is None:
        known = tx.info["message key"] = str(_value(tx, "message key")).encode()
    return bytes(known)


def secret(tx: Connection) -> str | None:
    """The secret that signs links, if the store keeps one."""
    return _value(tx, "secret")


def keep_secret(tx: Connection, value: str) -> str:
    """Keeps the secret unless there is one already; returns the one that is kept."""
    _insert_if_missing(tx, "secret", value)
    return str(_value(tx, "secret"))


def frozen_statistics(tx: Connection, day: date) -> int | None:
    """The number of the newest paper when the day's statistics were frozen, if they are."""
    kept = _value(tx, "statistics")
    frozen_on, _, paper_id = kept.partition(" ") if kept else ("", "", "")
    return int(paper_id) if frozen_on == day.isoformat() else None


def freeze_statistics(tx: Connection, day: date) -> int:
    """Lets the statistics of a day be those of the papers seen by now, unless they are frozen.

    Returns:
        The number of the newest paper that counts.
    """
    known = frozen_statistics(
        tx, day
    )  # in the writing transaction: another process may have been faster
    if known is not None:
        return known
    newest = tx.execute(select(func.max(paper.c.id))).scalar_one() or 0
    tx.execute(delete(meta).where(meta.c.key == "statistics"))
    _insert_if_missing(tx, "statistics", f"{day.isoformat()} {newest}")
    return int(newest)


def pruned_on(tx: Connection) -> str | None:
    """The day (ISO) on which what is old was last removed by itself."""
    return _value(tx, "pruned on")


def keep_pruned_on(tx: Connection, day: str) -> None:
    """Remembers the day, so that it is done once in it."""
    tx.execute(delete(meta).where(meta.c.key == "pruned on"))
    _insert_if_missing(tx, "pruned on", day)


def _insert_if_missing(tx: Connection, key: str, value: str) -> None:
    insert_missing(tx, meta, [{"key": key, "value": value}])


def _value(tx: Connection, key: str) -> str | None:
    return tx.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()
