"""Exports or erases everything that the store has about one address.

The rows of an address are found by following foreign keys, so a new table cannot be forgotten.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, text

from digest.core.models.delivery import EditionState
from digest.core.profiles.compiled import written_text
from digest.errors import StoreError
from digest.store.admin import sessions
from digest.store.archive import shown_papers
from digest.store.database.connection import translate_errors
from digest.store.database.schema import address, edition, metadata, subscription
from digest.store.database.schema import shown_papers as shown_papers_table
from digest.store.database.store import Store
from digest.store.signup import requests
from digest.store.subscribers import profiles
from digest.store.subscribers.address_traces import NOTES, SERVER_TEXTS, mask_traces


def export_rows(tx: Connection, address_id: int) -> dict[str, list[dict[str, Any]]]:
    """Returns every row that belongs to the address, by table name."""
    rows_by_table: dict[str, list[dict[str, Any]]] = {}
    for table, is_of_address in _rows_of_address(address_id).items():
        rows = tx.execute(select(table).where(is_of_address))
        if table is shown_papers_table:
            rows_by_table["edition_paper"] = list(shown_papers.exported(rows))
        else:
            rows_by_table[table.name] = [dict(row) for row in rows.mappings()]
    (own,) = rows_by_table[address.name]
    _add_profiles(tx, rows_by_table[subscription.name], email=own["email"])
    return rows_by_table


def _add_profiles(tx: Connection, rows: list[dict[str, Any]], *, email: str) -> None:
    """Puts the text of the profile into the rows of subscriptions, in place of its id."""
    texts = profiles.texts(tx, {row["profile_id"] for row in rows})
    for number, row in enumerate(rows):
        rows[number] = {
            ("profile_text" if name == "profile_id" else name): (
                written_text(texts[value], email) if name == "profile_id" else value
            )
            for name, value in row.items()
        }


def erase(tx: Connection, address_id: int, *, being_sent: bool = False) -> None:
    """Deletes every row of the address, and masks the address in rows of others.

    Args:
        tx: Write transaction.
        address_id: Address.
        being_sent: Also if an edition is claimed, because no process can be sending it.

    Raises:
        StoreError: A message to the address is being sent now.
    """
    claimed = (
        select(edition.c.id)
        .join(subscription)
        .where(subscription.c.address_id == address_id, edition.c.state == EditionState.CLAIMED)
    )
    if not being_sent and tx.execute(claimed.limit(1)).first() is not None:
        raise StoreError("a message to this address is being sent; try again in a minute")
    email_key: str = tx.execute(
        select(address.c.email_key).where(address.c.id == address_id)
    ).scalar_one()
    own = subscription.c.address_id == address_id
    profile_ids = tx.execute(select(subscription.c.profile_id).where(own)).scalars().all()
    for table, is_of_address in reversed(_rows_of_address(address_id).items()):
        tx.execute(delete(table).where(is_of_address))
    requests.remove_of_address(tx, email_key)
    sessions.end_of_address(tx, email_key)
    profiles.remove_unused(tx, profile_ids)
    mask_traces(tx, email_key)


def remove_deleted_data(store: Store, tables: Iterable[Table] | None = None) -> None:
    """Removes deleted data from the database files, which otherwise contain it for some time.

    Args:
        store: Store to clean.
        tables: On PostgreSQL, clean only these tables; None: all that may mention an address.

    Raises:
        StoreError: Another process is reading, so old data remains. Call it again later.
    """
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translate_errors(store.engine.url):
        if engine.dialect.name != "sqlite":
            with engine.connect() as connection:
                mentioning = {column.table for column in (*SERVER_TEXTS, *NOTES)}
                for table in tables or {*_rows_of_address(0), *mentioning}:
                    connection.execute(text(f'VACUUM "{table.name}"'))
            return
        raw_connection = store.engine.raw_connection()
        try:
            raw_connection.execute("PRAGMA query_only = 0")
            raw_connection.execute("VACUUM")
            # The write-ahead log contains old pages too.
            (busy, *_) = raw_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw_connection.close()
    if busy:
        raise StoreError(
            f"{store.url}: another process is reading, so the file still contains old data; run the"
            " command again when that process has ended"
        )


def _rows_of_address(address_id: int) -> dict[Table, ColumnElement[bool]]:
    """Returns, for each table with rows of an address, the condition that selects them.

    A table comes after the tables that it refers to.
    """
    conditions: dict[Table, ColumnElement[bool]] = {address: address.c.id == address_id}
    for table in metadata.sorted_tables:
        references = [
            key.parent.in_(select(key.column).where(conditions[key.column.table]))
            for key in table.foreign_keys
            if key.column.table in conditions and key.column.table is not table
        ]
        if references:
            conditions[table] = or_(*references)
    return conditions
