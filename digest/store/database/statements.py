"""Helpers for statements: bounded IN lists, ids from counters, inserts that skip duplicates."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from digest.store.database.schema import COUNTERS, counter

# Values in one IN list. 500 was the fastest: 5,000 keys in a table of 10 million rows took 6 ms.
IN_LIST = 500

AnyRow = Row[*tuple[Any, ...]]


def rows_in(
    tx: Connection,
    statement: Select[*tuple[Any, ...]],
    column: ColumnElement[Any],
    values: Collection[Any],
) -> Iterator[AnyRow]:
    """Yields the rows whose column has one of the values, in queries of `IN_LIST` values each."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), IN_LIST):
        # All of a query at once: row by row takes twice as long.
        yield from tx.execute(statement.where(column.in_(ordered[start : start + IN_LIST]))).all()


def insert_rows(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows; does nothing for an empty sequence."""
    if rows:
        _insert(tx, table, rows, skip_known=False)


def insert_missing(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts the rows whose key does not exist yet, and skips the others."""
    if rows:
        _insert(tx, table, rows, skip_known=True)


def _insert(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, skip_known: bool
) -> None:
    if tx.dialect.name != "sqlite" or len(rows) == 1:
        tx.execute(insert_or_ignore(tx, table) if skip_known else insert(table), rows)
        return
    # SQLAlchemy would convert row by row, which takes longer than SQLite needs to insert them. All
    # rows have the columns of the first one.
    columns = tuple(column for column in table.c if column.key in rows[0])
    converted: list[Iterable[Any]] = []
    for column in columns:
        values = [row[column.key] for row in rows]
        convert = column.type.dialect_impl(tx.dialect).bind_processor(tx.dialect)
        converted.append(map(convert, values) if convert else values)
    statement = _sqlite_insert(table, columns, skip_known=skip_known)
    tx.exec_driver_sql(statement, list(zip(*converted, strict=True)))


@cache
def _sqlite_insert(table: Table, columns: tuple[Column[Any], ...], *, skip_known: bool) -> str:
    """Returns an INSERT with a place for a value of each column, in this order."""
    from sqlalchemy.dialects import sqlite

    statement = sqlite.insert(table).values({column: text("?") for column in columns}).inline()
    if skip_known:
        statement = statement.on_conflict_do_nothing()
    return str(statement.compile(dialect=sqlite.dialect()))


def insert_or_ignore(tx: Connection, table: Table) -> Any:
    """Builds an INSERT for this dialect that skips a row whose key exists already."""
    # Imported here: importing both dialects at the start of every command costs time.
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table).on_conflict_do_nothing()


def lock_batches(tx: Connection) -> None:
    """Prevents other processes from recording batches until this write transaction ends.

    In a read transaction it does nothing.
    """
    if tx.get_execution_options().get("digest_write"):
        reserve_ids(tx, "batch", 0)


def reserve_ids(tx: Connection, name: str, count: int = 1) -> int:
    """Reserves `count` consecutive ids and returns the first.

    The counter stays locked until the transaction ends. So the order of the ids is the order
    of the commits, and a rollback leaves no gap.

    Args:
        tx: Write transaction.
        name: Name of the counter, one of `COUNTERS`.
        count: How many ids to reserve; 0 only locks the counter.
    """
    last = tx.execute(_advance(), {"counter_name": name, "ids": count}).scalar_one()
    return int(last) - count + 1


@cache  # to build it takes longer than to run it
def _advance() -> ReturningUpdate[int]:
    return (
        update(counter)
        .where(counter.c.name == bindparam("counter_name"))
        .values(value=counter.c.value + bindparam("ids"))
        .returning(counter.c.value)
    )


def counters(tx: Connection) -> dict[str, int]:
    """Returns the last id that each counter gave out, by name; all read at the same moment."""
    values = {row.name: row.value for row in tx.execute(select(counter))}
    return {name: values[name] for name in COUNTERS}
