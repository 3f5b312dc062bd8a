"""Builds a database from the rows of an export, in the form of a backup, which `restore` reads."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, update
from sqlalchemy.exc import SQLAlchemyError

from digest.core.models.delivery import EditionState
from digest.errors import InputError
from digest.store.database import schema
from digest.store.database.statements import counters
from digest.store.database.store import Store
from digest.store.maintenance import exported_rows
from digest.store.maintenance.backup import BACKUP_KEY
from digest.store.maintenance.copy_rows import auto_numbered_tables, last_id, set_last_id

_CHUNK = 2000


def last_ids(tx: Connection) -> dict[str, int]:
    """Returns the last id of each kind that was given out, so that none is used again."""
    tables = {table.name: last_id(tx, table) for table in auto_numbered_tables()}
    exported = {table.name for table in exported_rows.exported_tables()}
    return {
        **{name: last for name, last in tables.items() if name in exported},
        **counters(tx),
    }


def build(
    file: Path,
    tables: Iterable[tuple[Table, Iterable[tuple[int, Mapping[str, Any]]]]],
    *,
    last: Mapping[str, int],
    made_at: datetime,
) -> None:
    """Writes a SQLite file with the rows of an export.

    Args:
        file: does not exist yet.
        tables: each table, in the order of `exported_tables`, with the lines and objects of its file.
        last: from `last_ids`.
        made_at: when the export was made.

    Raises:
        InputError: an object is no row of its table; names the file and the line.
    """
    with Store.open(f"sqlite:///{file}") as store, store.write() as tx:
        for table, lines in tables:
            _insert(tx, table, lines)
        tx.execute(
            update(schema.edition)
            .where(schema.edition.c.state == EditionState.CLAIMED)
            .values(state=EditionState.IN_DOUBT)
        )
        for table in auto_numbered_tables():
            if number := last.get(table.name):
                set_last_id(tx, table, max(number, last_id(tx, table)))
        for name in schema.COUNTERS:
            row = update(schema.counter).where(schema.counter.c.name == name)
            tx.execute(row.values(value=last.get(name, 0)))
        tx.execute(delete(schema.meta).where(schema.meta.c.key == BACKUP_KEY))
        mark = json.dumps({"taken_at": made_at.isoformat()})
        tx.execute(insert(schema.meta), [{"key": BACKUP_KEY, "value": mark}])


def _insert(tx: Connection, table: Table, lines: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    rows = _rows(table, lines)
    if table is exported_rows.EDITION_PAPER:
        table, rows = schema.shown_papers, exported_rows.packed(rows)
    # A row may refer to a later row of the same table. Such references are set at the end.
    own = [key.parent for key in table.foreign_keys if key.column.table is table]
    references: list[dict[str, Any]] = []
    for chunk in _chunks(rows):
        for column in own:
            for row in chunk:
                if row.get(column.name) is not None:
                    references.append({"row_id": row["id"], "reference": row[column.name]})
                    row[column.name] = None
        try:
            tx.execute(insert(table), chunk)
        except (SQLAlchemyError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"rows do not fit together: {reason}", file=table.name) from None
    for column in own if references else ():
        one = update(table).where(table.c.id == bindparam("row_id"))
        tx.execute(one.values({column: bindparam("reference")}), references)


def _rows(table: Table, lines: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    read = exported_rows.reader(table)
    for line, value in lines:
        try:
            yield read(value)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"no row of {table.name}: {error}", file=table.name, line=line
            ) from None


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        # One statement has one set of columns; an older export may lack some in all its rows.
        yield chunk
