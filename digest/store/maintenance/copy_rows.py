"""All rows of one store in another: what backups are made by, and read back by.

The two may be of different kinds: values pass through the tables' own types, which write and
read the same on SQLite and PostgreSQL.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update

from digest.store.database.schema import metadata

_CHUNK = 2000  # rows at once, in memory and in a statement


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Gives `target` the rows of `source` in place of its own; how many, by table.

    Both have this program's schema. What numbers its own rows goes on where the source was.
    """
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))
    copied = {table.name: _copy(table, source, target) for table in metadata.sorted_tables}
    for table in numbered():
        give_out_after(target, table, given_out(source, table))
    return copied


def numbered() -> list[Table]:
    """The tables whose rows the database numbers itself."""
    return [table for table in metadata.sorted_tables if table.autoincrement_column is not None]


def given_out(tx: Connection, table: Table) -> int:
    """The last number that a table gave out; 0: none. Its row may be gone."""
    last = tx.execute(select(func.max(table.c.id))).scalar_one() or 0
    kept: int | None = None
    if tx.dialect.name == "postgresql":
        sequence = _sequence(tx, table)
        row = tx.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
        kept = row.last_value if row.is_called else None
    elif _counts_itself(table):
        of = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        kept = tx.execute(of, _named(table)).scalar()
    return max(int(last), int(kept or 0))


def give_out_after(tx: Connection, table: Table, last: int) -> None:
    """Lets the next number be the one after `last`; where SQLite keeps none, its last row's."""
    if tx.dialect.name == "postgresql":
        if last:
            moved = text("SELECT setval(CAST(:sequence AS regclass), :last)")
            tx.execute(moved, {"sequence": _sequence(tx, table), "last": last})
    elif _counts_itself(table):
        tx.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), _named(table))
        kept = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        tx.execute(kept, {**_named(table), "last": last})


def _counts_itself(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _named(table: Table) -> dict[str, str]:
    return {"name": table.name}


def _sequence(tx: Connection, table: Table) -> str:
    owner = text("SELECT pg_get_serial_sequence(:table, 'id')")
    return str(tx.execute(owner, {"table": f'"{table.name}"'}).scalar_one())


def _copy(table: Table, source: Connection, target: Connection) -> int:
    # A row may refer to a later one of its table: that is said when all are there.
    late = {key.parent for key in table.foreign_keys if key.column.table is table}
    referring: list[dict[str, Any]] = []
    copied = 0
    order = table.primary_key.columns.values()
    rows = source.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*order))
    for chunk in _chunks(dict(row) for row in rows.mappings()):
        copied += len(chunk)
        for column in late:
            for row in chunk:
                if row[column.name] is not None:
                    referring.append({"which": row["id"], "what": row[column.name]})
                row[column.name] = None
        target.execute(insert(table), chunk)
    for column in late if referring else ():
        here = update(table).where(table.c.id == bindparam("which"))
        target.execute(here.values({column: bindparam("what")}), referring)
    return copied


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    rest = iter(rows)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
