"""Writes the statements that create the tables in a new SQLite database, from their definitions.

    python tools/sqlite_tables.py

A test says when it has to run again, after a change of `digest/store/database/schema.py`.
"""

from collections.abc import Iterator

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from digest.store.database.schema import alembic_version, metadata
from digest.store.database.store import SQLITE_TABLES


def statements() -> Iterator[str]:
    """Yields the statements of `create_all`, without the spaces at the ends of their lines."""
    dialect = sqlite.dialect()
    # Alembic's table may be there without a revision; such a database counts as empty.
    yield _text(CreateTable(alembic_version, if_not_exists=True).compile(dialect=dialect))
    # In the order of their definitions: to SQLite, a table may refer to one that is created later.
    for table in metadata.tables.values():
        yield _text(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield _text(CreateIndex(index).compile(dialect=dialect))


def _text(statement: object) -> str:
    return "\n".join(line.rstrip() for line in str(statement).strip().splitlines())


def main() -> None:
    """Writes the file."""
    SQLITE_TABLES.write_text(";\n\n".join(statements()) + ";\n", encoding="utf-8")


if __name__ == "__main__":
    main()
