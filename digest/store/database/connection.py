"""From a database URL to an engine on which SQLite and PostgreSQL behave alike."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.errors import StoreError, StoreUnavailable
from digest.store.database.column_types import to_json

BUSY_TIMEOUT = 30  # seconds that a writer waits for another one on SQLite

_SECRETS = ("password", "sslpassword", "passfile")  # libpq takes these in the query, too

_HINTS = {
    "database is locked": f"another process has been writing for {BUSY_TIMEOUT} s; try again",
    "not a database": "correct the database URL, or restore a backup",
    "unable to open": "correct the database URL",
    "readonly database": "correct the file's permissions",
    "disk is full": "make room on the disk; nothing was lost, and the next run carries on",
    "No space left on device": "make room on the server's disk; the next run carries on",
    "disk I/O error": "make room on the disk if it is full, or look at the system's log",
    "connection failed": "start the server, or correct the database URL",
    "connection is bad": "start the server, or correct the database URL",
    "terminating connection": "the server was stopped or restarted; the next run carries on",
    "server closed the connection": "it was stopped or restarted; the next run carries on",
}


def parse_url(url: str) -> URL:
    """The URL, understood: `sqlite:///PATH` or `postgresql://...`, which means psycopg 3.

    Raises:
        StoreUnavailable: it is neither, or names no file.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreUnavailable(
            "the database URL cannot be read: write sqlite:///digest.db"
            " or postgresql://user:password@host/database"
        ) from None
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreUnavailable(
                "the database URL names no file: write sqlite:///digest.db"
                " (a store in memory would forget what was sent)"
            )
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreUnavailable(
        f"the database URL begins with {parsed.drivername}://, which is not supported:"
        " write sqlite:///digest.db or postgresql://user:password@host/database"
    )


def masked_url(url: URL) -> str:
    """The URL for people and logs, without its secrets."""
    shown = url.set(drivername=url.get_backend_name()).difference_update_query(_SECRETS)
    return shown.render_as_string(hide_password=True)


def sqlite_file(url: URL) -> Path | None:
    """The database's file; None on PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def lock_folder(url: URL) -> Path | None:
    """Where the locks of those who deliver from a SQLite file are; None on PostgreSQL."""
    path = sqlite_file(url)
    return None if path is None else path.with_name(f"{path.name}.owners")


def open_engine(url: URL, *, relaxed: bool = True) -> Engine:
    """An engine for the URL; a missing SQLite file is made, empty and private.

    Args:
        url: from `parse`.
        relaxed: commits may be lost in a power cut, though not when a process dies.

    Raises:
        StoreUnavailable: the folder is missing or not writable, or psycopg is not installed.
    """
    path = sqlite_file(url)
    if path is not None:
        _create_private_file(path)
        engine = create_engine(
            url,
            json_serializer=to_json,
            connect_args={"timeout": BUSY_TIMEOUT},
            execution_options={"digest_relaxed": relaxed},
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(url, json_serializer=to_json, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise StoreUnavailable(
            "PostgreSQL needs its driver: pip install 'paper-digest[postgres]'"
        ) from None
    if relaxed:
        event.listen(engine, "connect", _relax_postgres)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def open_connection(engine: Engine, *, write: bool, durable: bool = False) -> Connection:
    """A connection whose next transaction reads one snapshot, or writes."""
    return engine.connect().execution_options(digest_write=write, digest_durable=durable)


@contextmanager
def translate_errors(url: URL) -> Iterator[None]:
    """Turns driver errors into `StoreUnavailable` or `StoreError`: one line, without secrets."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(f"{masked_url(url)}: {_error_line(error, url)}") from error
    except DBAPIError as error:
        wrong_file = "not a database" in str(error.orig)
        kind = StoreUnavailable if wrong_file or error.connection_invalidated else StoreError
        raise kind(f"{masked_url(url)}: {_error_line(error, url)}") from error


def _error_line(error: DBAPIError | PoolTimeout, url: URL) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    line = " ".join(str(cause).split())
    for secret in (url.password, *(url.query.get(name) for name in _SECRETS)):
        if isinstance(secret, str) and secret:
            line = line.replace(secret, "***")
    return line + next((f": {hint}" for sign, hint in _HINTS.items() if sign in line), "")


def _create_private_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"{path}: its folder does not exist: create it, or correct the database URL"
        )
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # -wal, -shm follow
    except FileExistsError:
        pass  # and must not be opened here: closing it would drop SQLite's locks on it
    except OSError as error:
        raise StoreUnavailable(
            f"{path}: cannot be created ({error.strerror}): correct the folder's permissions,"
            " or the database URL"
        ) from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, below
    connection.execute("PRAGMA foreign_keys = ON")
    for last in (False,) * 20 + (True,):
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            # Two processes switch at once, which SQLite refuses instead of waiting: wait here.
            if last:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")


def _begin_sqlite(tx: Connection) -> None:
    options = tx.get_execution_options()
    write = options.get("digest_write", True)
    relaxed = options["digest_relaxed"] and not options.get("digest_durable")
    wanted = (write, relaxed)
    if tx.info.get("digest_pragmas") != wanted:  # they stay until they are changed
        tx.exec_driver_sql(f"PRAGMA query_only = {0 if write else 1}")
        tx.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if relaxed else 'FULL'}")
        tx.info["digest_pragmas"] = wanted
    tx.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _relax_postgres(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute("SET synchronous_commit = off")
    connection.autocommit = False


def _begin_postgres(tx: Connection) -> None:
    options = tx.get_execution_options()
    if not options.get("digest_write", True):
        tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    elif options.get("digest_durable"):
        tx.exec_driver_sql("SET LOCAL synchronous_commit = on")
