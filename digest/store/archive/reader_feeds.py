"""Stores which readers have a secret feed, and the version of its address."""

from sqlalchemy import Connection, select, update

from digest.store.database.learned_tables import reader_feed
from digest.store.database.statements import insert_missing


def open_version(tx: Connection, subscription_id: int) -> int | None:
    """Returns the version of the feed's address; None if the feed is closed."""
    columns = reader_feed.c
    is_open = (columns.subscription_id == subscription_id) & columns.is_open
    return tx.execute(select(columns.version).where(is_open)).scalar_one_or_none()


def open_new(tx: Connection, subscription_id: int) -> None:
    """Opens the feed at a new address; earlier addresses stop working."""
    _next(tx, subscription_id, is_open=True)


def close(tx: Connection, subscription_id: int) -> None:
    """Closes the feed; its address never works again."""
    _next(tx, subscription_id, is_open=False)


def _next(tx: Connection, subscription_id: int, *, is_open: bool) -> None:
    row = {"subscription_id": subscription_id, "version": 0, "is_open": False}
    insert_missing(tx, reader_feed, [row])
    columns = reader_feed.c
    mine = update(reader_feed).where(columns.subscription_id == subscription_id)
    tx.execute(mine.values(version=columns.version + 1, is_open=is_open))
