"""Many rows are inserted by the driver of SQLite as SQLAlchemy inserts each of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Table, create_engine, insert, text
from sqlalchemy.types import JSON, Boolean, Date, Integer, LargeBinary

from digest.store.database.column_types import CleanText, NamedEnum, UtcDateTime, to_json
from digest.store.database.schema import metadata, title
from digest.store.database.statements import insert_missing, insert_rows

AT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=timezone(timedelta(hours=2)))


def value(column: Column[Any], number: int) -> object:  # noqa: PLR0911 - one for each type
    if column.nullable and number % 2:
        return None
    match column.type:
        case NamedEnum() as kind:
            members: list[object] = list(kind.members.__members__.values())
            return members[number % len(members)]
        case UtcDateTime():
            return AT.astimezone(UTC) + timedelta(days=number)
        case CleanText():
            return f"text {number}, half \ud83d of a pair, NUL \0"
        case JSON():
            return [["é", number], {"none": None}]
        case Boolean():
            return bool(number % 2)
        case Date():
            return AT.date() + timedelta(days=number)
        case LargeBinary():
            return bytes([number, 0, 255])
        case Integer():
            return number
    return f"text {number}"


def stored(tx: Connection, table: Table) -> list[tuple[Any, ...]]:
    rows = [tuple(row) for row in tx.execute(text(f'SELECT * FROM "{table.name}"'))]
    tx.execute(table.delete())
    return sorted(rows)


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_many_rows_are_stored_as_one_by_one(table: Table) -> None:
    # The driver of SQLite without foreign keys, which it does not check by default.
    with create_engine("sqlite://", json_serializer=to_json).begin() as tx:
        table.create(tx)
        rows = [{column.key: value(column, n) for column in table.c} for n in range(1, 4)]
        for row in rows:
            tx.execute(insert(table), row)
        one_by_one = stored(tx, table)
        insert_rows(tx, table, rows)
        assert stored(tx, table) == one_by_one
        insert_missing(tx, table, [*rows, *rows])
        assert stored(tx, table) == one_by_one


def test_columns_that_no_row_has_get_their_default() -> None:
    table = metadata.tables["batch"]
    required = [column for column in table.c if not column.nullable and not column.server_default]
    with create_engine("sqlite://", json_serializer=to_json).begin() as tx:
        table.create(tx)
        insert_rows(tx, table, [{c.key: value(c, n) for c in required} for n in range(2)])
        assert [row.corrected for row in tx.execute(table.select())] == [0, 0]


def test_a_row_whose_key_exists_is_skipped_among_many() -> None:
    def rows(key: str) -> list[dict[str, object]]:
        return [{"hash": n, "paper_id": n, "key": key} for n in range(3)]

    with create_engine("sqlite://").begin() as tx:
        title.create(tx)
        insert_rows(tx, title, rows("first")[:2])
        insert_missing(tx, title, rows("second"))
        kept = [row.key for row in tx.execute(title.select().order_by(title.c.hash))]
    assert kept == ["first", "first", "second"]
