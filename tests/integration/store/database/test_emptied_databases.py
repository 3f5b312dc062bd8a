"""A test that gets a PostgreSQL database that another test used cannot notice it."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select
from support.builders import NOW
from support.speed.databases import fill_alike, new_sqlite_store, postgres_database

from digest.core.models.subscribers import AddressStatus
from digest.store.database.schema import address, metadata
from digest.store.database.store import Store


def contents(url: str) -> dict[str, list[Any]]:
    with Store.open(url) as store, store.read() as tx:
        return {
            # Sorted: an update moves rows within a table.
            table.name: sorted((tuple(row) for row in tx.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def add_addresses(url: str, count: int, name: str = "reader") -> int:
    """Adds some addresses; returns the number of the first one."""
    fields = {"status": AddressStatus.ACTIVE, "created_at": NOW, "changed_at": NOW}
    emails = [f"{name}{number}@example.org" for number in range(count)]
    with Store.open(url) as store, store.write() as tx:
        rows = [{"email": email, "email_key": email, **fields} for email in emails]
        return int(min(tx.execute(insert(address).returning(address.c.id), rows).scalars()))


def change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(statement.encode())


@pytest.mark.parametrize("count", [3, 3000])
def test_an_emptied_database_has_the_rows_and_the_numbers_of_a_new_one(
    postgres_url: str, count: int
) -> None:
    with postgres_database(postgres_url, with_tables=True) as url:
        new, first = contents(url), add_addresses(url, count)
        change(url, "UPDATE counter SET value = 77")
        change(url, "DELETE FROM meta")
    with postgres_database(postgres_url, with_tables=True) as again:
        assert again == url
        assert contents(again) == new
        assert add_addresses(again, 1) == first


def test_a_session_that_a_test_left_open_is_ended(postgres_url: str) -> None:
    with postgres_database(postgres_url, with_tables=True) as url:
        left = psycopg.connect(url)
        left.execute("LOCK TABLE address")
    with postgres_database(postgres_url, with_tables=True) as again:
        assert again == url
        assert add_addresses(again, 1)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE address ADD COLUMN age integer",
        "ALTER TABLE address ALTER COLUMN email DROP NOT NULL",
        "CREATE INDEX ON address (email)",
        "CREATE TABLE other (id integer)",
        "CREATE SCHEMA other",
        "ALTER TABLE address DISABLE TRIGGER ALL",
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET jit = off'; END $$",
        "ANALYZE",
        "VACUUM address",
    ],
)
def test_a_database_is_not_used_again_if_more_than_rows_changed(
    postgres_url: str, statement: str
) -> None:
    with postgres_database(postgres_url, with_tables=True) as url:
        add_addresses(url, 1)
        change(url, statement)
    with postgres_database(postgres_url, with_tables=True) as other:
        assert other != url


@pytest.mark.usefixtures("tables")
def test_databases_that_are_filled_alike_have_the_same_rows_and_numbers(
    database_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fill_alike(database_url, "three", partial(add_addresses, database_url, 3))
    with ExitStack() as stack:
        if database_url.startswith("sqlite"):
            other = new_sqlite_store(tmp_path / "other.db")
        else:
            server: str = request.getfixturevalue("postgres_url")
            other = stack.enter_context(postgres_database(server, with_tables=True))
        fill_alike(other, "three", partial(pytest.fail, "the rows are known"))
        assert contents(other) == contents(database_url)
        numbers = [add_addresses(url, 1, "next") for url in (database_url, other)]
        assert numbers[0] == numbers[1]
