"""Writes down which tables of SQLite the statements of a command read from one end to the other.

`install` is called in the process of the command. Each statement is explained where it runs: on its
own connection, with its own values.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from digest.store.database.prepared_writes import PreparedWriter, RowUpdate

_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_VALUES = re.compile(r"\(\?(?:, \?)+\)")  # lists of values differ in length only
_NUMBERED = re.compile(r"_\d+$")  # SQLAlchemy's names of aliases: sighting_1


@dataclass(frozen=True, slots=True)
class ReadWhole:
    """A table, or an index of it, that a statement reads from one end to the other."""

    table: str
    statement: str


def install(file: str, engine: Any = Engine) -> None:
    """Makes a process write a line of JSON to `file` for each different statement of a command.

    Args:
        file: where the lines are added.
        engine: whose statements; the class stands for those of the whole process.
    """
    seen: set[tuple[str, ...]] = set()

    def explain(connection: Any, statement: str, values: Any) -> None:
        plain = _VALUES.sub("(...)", statement)
        of_command = (plain, *sys.argv)
        if not plain.lstrip().upper().startswith(_EXPLAINED) or of_command in seen:
            return
        seen.add(of_command)
        cursor = connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        whole = list(_read_whole(row[3] for row in cursor.fetchall()))
        cursor.close()
        with Path(file).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps([" ".join(plain.split()), whole]) + "\n")

    def before(connection: Any, _cursor: Any, *statement: Any) -> None:
        text, values, _context, many = statement
        explain(connection.connection.dbapi_connection, text, values[0] if many else values)

    event.listen(engine, "before_cursor_execute", before)
    if engine is not Engine:
        return
    write = PreparedWriter.write

    def explained_write(writer: PreparedWriter, changes: Iterable[RowUpdate]) -> bool:
        changes = list(changes)
        for statement, values in changes:
            compiled = writer._compile(statement)
            explain(writer._cursor.connection, compiled.text, compiled.bound(values))
        return write(writer, changes)

    PreparedWriter.write = explained_write  # type: ignore[method-assign, assignment]


def read(file: Path) -> tuple[int, list[ReadWhole]]:
    """The number of statements that were explained, and the tables that they read whole."""
    found = dict(json.loads(line) for line in file.read_text("utf-8").splitlines())
    whole = [ReadWhole(table, statement) for statement, tables in found.items() for table in tables]
    return len(found), whole


def _read_whole(details: Iterable[str]) -> Iterator[str]:
    for detail in details:
        if found := re.match(r"SCAN (\w+)", detail):
            yield _NUMBERED.sub("", found[1])
