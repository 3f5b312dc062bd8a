"""Stores which sources the operator stopped; `collect` does not read these."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.store.database.statements import insert_missing
from digest.store.database.support_tables import source_stop


def stopped(tx: Connection) -> dict[str, datetime]:
    """Returns the stopped sources, and since when."""
    return {row.name: row.at for row in tx.execute(select(source_stop))}


def stop(tx: Connection, name: str, *, now: datetime) -> None:
    """Stops a source."""
    insert_missing(tx, source_stop, [{"name": name, "at": now}])


def start(tx: Connection, name: str) -> None:
    """Lets a source be read again."""
    tx.execute(delete(source_stop).where(source_stop.c.name == name))
