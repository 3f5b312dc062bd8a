"""Databases for the tests. A copy of a new store takes a fifth of the time of its creation.

All copies have the same instance id and the same message key. A test that needs different ones
opens empty databases.
"""

import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from digest.store.database.store import Store
from support.speed.emptied_databases import EmptiedDatabases

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


@contextmanager
def postgres_database(server: str, *, with_tables: bool) -> Iterator[str]:
    """Gives a database on this server as if it were new; ends all its sessions afterwards.

    Args:
        server: URL of the database `postgres`.
        with_tables: It has the tables of this version; otherwise it is empty.

    Yields:
        The URL of the database.
    """
    emptied = _emptied_databases(server) if with_tables else None
    url = (emptied and emptied.take()) or _new_database(server, with_tables=with_tables)
    yield url
    if emptied is None or not emptied.give_back(url):
        # The path of the URL is the name.
        name = url.partition("?")[0].rpartition("/")[2]
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def fill_alike(url: str, key: str, fill: Callable[[], object]) -> None:
    """Fills a database with the tables of this version.

    Args:
        url: a database that has no rows but those of a new store.
        key: the name of the contents.
        fill: fills it; called for the first database of each kind, whose rows the others get.
    """
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            if (kept := _kept_sqlite.get(key)) is not None:
                kept.backup(file)
                return
            fill()
            _kept_sqlite[key] = sqlite3.connect(":memory:")
            file.backup(_kept_sqlite[key])
        return
    emptied = _emptied_databases(re.sub(r"/[^/?]*\?", "/postgres?", url, count=1))
    if (snapshot := _kept_postgres.get(key)) is not None:
        emptied.fill(url, snapshot)
        return
    fill()
    _kept_postgres[key] = emptied.snapshot(url)


_kept_sqlite: dict[str, sqlite3.Connection] = {}
_kept_postgres: dict[str, bytes] = {}


def _new_database(server: str, *, with_tables: bool) -> str:
    name = f"test_{next(_numbers)}"
    template = f"TEMPLATE {_TEMPLATE}" if with_tables else ""
    # To copy the files takes less than half of the time of the default, which logs each page.
    administer(server, f"CREATE DATABASE {name} {template} STRATEGY FILE_COPY")
    return _named(server, name)


@cache
def _emptied_databases(server: str) -> EmptiedDatabases:
    administer(server, f"CREATE DATABASE {_TEMPLATE}")
    url = _named(server, _TEMPLATE)
    Store.open(url).close()
    return EmptiedDatabases(url)


def administer(server: str, statement: str) -> None:
    """Runs one statement outside a transaction."""
    with psycopg.connect(server, autocommit=True) as server_session:
        server_session.execute(statement.encode())


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")
