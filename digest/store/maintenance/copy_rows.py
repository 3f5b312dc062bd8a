"""Copies all rows of one store to another, for backup and restore.

One may be on SQLite and the other on PostgreSQL: the column types read and write the same
values on both.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update

from digest.store.database.schema import metadata

_CHUNK = 2000  # rows in memory and in one statement


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Replaces all rows of `target` by those of `source`.

    Both must have the current schema. Generated ids continue after the last id of the source.

    Returns:
        The number of copied rows, by table.
    """
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))
    copied = {table.name: _copy_table(table, source, target) for table in metadata.sorted_tables}
    for table in auto_numbered_tables():
        set_last_id(target, table, last_id(source, table))
    return copied


def auto_numbered_tables() -> list[Table]:
    """Returns the tables whose ids the database generates."""
    return [table for table in metadata.sorted_tables if table.autoincrement_column is not None]


def last_id(tx: Connection, table: Table) -> int:
    """Returns the last id that a table generated, even if its row was deleted; 0 if none."""
    highest = tx.execute(select(func.max(table.c.id))).scalar_one() or 0
    generated: int | None = None
    if tx.dialect.name == "postgresql":
        sequence = _sequence_name(tx, table)
        row = tx.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
        generated = row.last_value if row.is_called else None
    elif _has_autoincrement(table):
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        generated = tx.execute(query, _name_parameter(table)).scalar()
    return max(int(highest), int(generated or 0))


def set_last_id(tx: Connection, table: Table, last: int) -> None:
    """Makes the next generated id of a table `last + 1`.

    It does nothing for SQLite tables without AUTOINCREMENT, which continue after their last row.
    """
    if tx.dialect.name == "postgresql":
        if last:
            advance = text("SELECT setval(CAST(:sequence AS regclass), :last)")
            tx.execute(advance, {"sequence": _sequence_name(tx, table), "last": last})
    elif _has_autoincrement(table):
        tx.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), _name_parameter(table))
        insert_last = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        tx.execute(insert_last, {**_name_parameter(table), "last": last})


def _has_autoincrement(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _name_parameter(table: Table) -> dict[str, str]:
    return {"name": table.name}


def _sequence_name(tx: Connection, table: Table) -> str:
    query = text("SELECT pg_get_serial_sequence(:table, 'id')")
    return str(tx.execute(query, {"table": f'"{table.name}"'}).scalar_one())


def _copy_table(table: Table, source: Connection, target: Connection) -> int:
    # A row may refer to a later row of the same table. Such references are set at the end.
    self_references = {key.parent for key in table.foreign_keys if key.column.table is table}
    references: list[dict[str, Any]] = []
    copied = 0
    order = table.primary_key.columns.values()
    rows = source.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*order))
    for chunk in _chunks(dict(row) for row in rows.mappings()):
        copied += len(chunk)
        for column in self_references:
            for row in chunk:
                if row[column.name] is not None:
                    references.append({"row_id": row["id"], "reference": row[column.name]})
                row[column.name] = None
        target.execute(insert(table), chunk)
    for column in self_references if references else ():
        one_row = update(table).where(table.c.id == bindparam("row_id"))
        target.execute(one_row.values({column: bindparam("reference")}), references)
    return copied


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
