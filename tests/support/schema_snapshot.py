"""What a database says of its own tables."""

from typing import Any

from sqlalchemy import Connection, inspect, text


def picture(tx: Connection) -> dict[str, Any]:
    """All that the database says of its tables, but not the order of their columns."""
    inspector = inspect(tx)
    snapshot: dict[str, Any] = {
        table: {
            "columns": {
                column["name"]: {**column, "type": str(column["type"])}
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table),
            "foreign": sorted(map(_foreign_key, inspector.get_foreign_keys(table)), key=str),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "indexes": {
                index["name"]: (
                    index["column_names"],
                    index["unique"],
                    {name: str(value) for name, value in index["dialect_options"].items()},
                )
                for index in inspector.get_indexes(table)
            },
        }
        for table in inspector.get_table_names()
    }
    if tx.dialect.name == "sqlite":
        made = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        for name, sql in tx.execute(made):
            words = {word: word in sql for word in ("AUTOINCREMENT", "WITHOUT ROWID", "WHERE")}
            snapshot[f"{name} is made with"] = words
    return snapshot


def _foreign_key(key: Any) -> dict[str, Any]:
    """A foreign key without its name, which SQLite does not tell of a column that was added later."""
    return {name: value for name, value in key.items() if name != "name"}
