"""All that is kept of one address, to be shown or to be removed.

What belongs to an address is found by the foreign keys, so a new table cannot be forgotten.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, text, update

from digest.core.models.delivery import EditionState
from digest.errors import StoreError
from digest.logs import redactor
from digest.store.database.connection import translate_errors
from digest.store.database.schema import address, edition, metadata, subscription
from digest.store.database.store import Store


def everything_of(tx: Connection, address_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row that belongs to the address, by its table."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for table, mine in _rows_of_address(address_id).items():
        found = tx.execute(select(table).where(mine)).mappings()
        kept[table.name] = [dict(row) for row in found]
    return kept


def erase(tx: Connection, address_id: int) -> None:
    """Removes every row that belongs to the address, and masks it where others' rows name it.

    Raises:
        StoreError: a letter to it is on its way at this moment.
    """
    on_its_way = (
        select(edition.c.id)
        .join(subscription)
        .where(subscription.c.address_id == address_id, edition.c.state == EditionState.CLAIMED)
    )
    if tx.execute(on_its_way.limit(1)).first() is not None:
        raise StoreError("a letter to this address is being sent; try again in a minute")
    key: str = tx.execute(
        select(address.c.email_key).where(address.c.id == address_id)
    ).scalar_one()
    for table, mine in reversed(_rows_of_address(address_id).items()):
        tx.execute(delete(table).where(mine))
    _mask(tx, local_part=key.rpartition("@")[0])


def _mask(tx: Connection, *, local_part: str) -> None:
    """A mail server may have named it in a reply about another's letter, which it forwards here.

    Told by the part before the @: the domain may be written otherwise, or be that of a relay.
    """
    reason = edition.c.reason
    names_any = or_(reason.contains("@"), reason.contains("%40", autoescape=True))
    for row in tx.execute(select(edition.c.id, reason).where(names_any)).all():
        said = row.reason.lower()
        if f"{local_part}@" in said or f"{local_part}%40" in said:
            masked = redactor(row.reason, always=True)
            tx.execute(update(edition).where(edition.c.id == row.id).values(reason=masked))


def scrub(store: Store, tables: Iterable[Table] | None = None) -> None:
    """Removes from the database's files what was erased, which they hold until it is overwritten.

    Args:
        store: the database.
        tables: on PostgreSQL, only these; None: those that lead to an address.

    Raises:
        StoreError: another process keeps the old state; nothing is lost, to be tried again.
    """
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translate_errors(store.engine.url):
        if engine.dialect.name != "sqlite":
            with engine.connect() as connection:
                for table in tables or _rows_of_address(0):
                    connection.execute(text(f'VACUUM "{table.name}"'))
            return
        raw = store.engine.raw_connection()
        try:
            raw.execute("PRAGMA query_only = 0")
            raw.execute("VACUUM")
            (busy, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.close()
    if busy:
        raise StoreError(
            f"{store.url}: another process is reading, so the file still holds the old pages;"
            " run the command again when it has ended"
        )


def _rows_of_address(address_id: int) -> dict[Table, ColumnElement[bool]]:
    """Each table that leads to an address, and which of its rows; after what they refer to."""
    mine: dict[Table, ColumnElement[bool]] = {address: address.c.id == address_id}
    for table in metadata.sorted_tables:
        ways = [
            key.parent.in_(select(key.column).where(mine[key.column.table]))
            for key in table.foreign_keys
            if key.column.table in mine and key.column.table is not table
        ]
        if ways:
            mine[table] = or_(*ways)
    return mine
