"""Databases for the tests. A copy of a new store takes a fifth of the time of its creation.

All copies have the same instance id and the same message key. A test that needs different ones
opens empty databases.
"""

import os
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from digest.store.database.store import Store

_TEMPLATE = "new_store"
_numbers = count(1)


def new_sqlite_store(file: Path) -> str:
    """Makes a SQLite store with the tables of this version, and returns its URL."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as opened:  # noqa: PTH123 - a descriptor
        opened.write(_sqlite_template())
    return f"sqlite:///{file}"


@cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="paper-digest-tests-") as folder:
        file = Path(folder, "digest.db")
        Store.open(f"sqlite:///{file}").close()
        return file.read_bytes()


def new_postgres_database(server: str, *, with_tables: bool) -> str:
    """Makes a database on this server, and returns its URL.

    Args:
        server: URL of the database `postgres`.
        with_tables: It has the tables of this version; otherwise it is empty.
    """
    name = f"test_{next(_numbers)}"
    template = f"TEMPLATE {_postgres_template(server)}" if with_tables else ""
    # To copy the files takes less than half of the time of the default, which logs each page.
    administer(server, f"CREATE DATABASE {name} {template} STRATEGY FILE_COPY")
    return _named(server, name)


@cache
def _postgres_template(server: str) -> str:
    administer(server, f"CREATE DATABASE {_TEMPLATE}")
    Store.open(_named(server, _TEMPLATE)).close()
    return _TEMPLATE


def drop_postgres_database(server: str, url: str) -> None:
    """Removes a database that `new_postgres_database` made, whoever still uses it."""
    name = url.partition("?")[0].rpartition("/")[2]
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def administer(server: str, statement: str) -> None:
    """Runs one statement outside a transaction."""
    with psycopg.connect(server, autocommit=True) as server_session:
        server_session.execute(statement.encode())


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")
