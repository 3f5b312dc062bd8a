"""Opens SQLite and PostgreSQL databases so that transactions behave the same on both."""

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
from digest.store.database.column_types import from_json, to_json

BUSY_TIMEOUT = 30  # seconds that a writer on SQLite waits for another writer

# libpq accepts these in the query part of the URL as well.
_SECRET_PARAMETERS = ("password", "sslpassword", "passfile")

# What to do about an error, by a part of the driver's message.
_HINTS = {
    "database is locked": f"another process has been writing for {BUSY_TIMEOUT} s; try again",
    "not a database": "correct the database URL, or restore a backup",
    "unable to open": "make the file and its folder writable, or correct the database URL",
    "readonly database": "correct the file's permissions",
    "disk is full": "free some disk space; nothing was lost, and the next run continues",
    "No space left on device": "free some disk space on the server; the next run continues",
    "disk I/O error": "free some disk space if the disk is full, or read the system log",
    "connection failed": "start the server, or correct the database URL",
    "connection is bad": "start the server, or correct the database URL",
    "terminating connection": "the server was stopped or restarted; the next run continues",
    "server closed the connection": "it was stopped or restarted; the next run continues",
}


def parse_url(url: str) -> URL:
    """Parses `sqlite:///PATH` or `postgresql://...` and selects the driver.

    The driver for PostgreSQL is psycopg 3.

    Raises:
        StoreUnavailable: The URL has another form, or a SQLite URL without a file.
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
                "the database URL contains no file name: write sqlite:///digest.db"
                " (a database in memory would lose the record of what was sent)"
            )
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreUnavailable(
        f"the database URL starts with {parsed.drivername}://, which is not supported:"
        " write sqlite:///digest.db or postgresql://user:password@host/database"
    )


def masked_url(url: URL) -> str:
    """Returns the URL without its secrets, for output and logs."""
    public_url = url.set(drivername=url.get_backend_name())
    public_url = public_url.difference_update_query(_SECRET_PARAMETERS)
    return public_url.render_as_string(hide_password=True)


def sqlite_file(url: URL) -> Path | None:
    """Returns the path of the database file; None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def lock_folder(url: URL) -> Path | None:
    """Returns the folder with the delivery locks of a SQLite database; None for PostgreSQL."""
    path = sqlite_file(url)
    return None if path is None else path.with_name(f"{path.name}.owners")


def open_engine(url: URL, *, durable: bool = False) -> Engine:
    """Opens an engine; creates a missing SQLite file, empty and readable only by its owner.

    Args:
        url: Database URL from `parse_url`.
        durable: Every commit to SQLite survives a power failure. When False, a power failure may
            lose the last commits; the death of a process never does. Every commit to
            PostgreSQL survives the death of the server.

    Raises:
        StoreUnavailable: The folder is missing or not writable, or psycopg is not installed.
    """
    path = sqlite_file(url)
    if path is not None:
        _create_private_file(path)
        engine = create_engine(
            url,
            json_serializer=to_json,
            json_deserializer=from_json,
            connect_args={"timeout": BUSY_TIMEOUT},
            execution_options={"digest_always_durable": durable},
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        # A scheduler keeps connections for days; the server may have been restarted meanwhile.
        engine = create_engine(url, json_serializer=to_json, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise StoreUnavailable(
            "the PostgreSQL driver is not installed: pip install 'paper-digest[postgres]'"
        ) from None
    event.listen(engine, "connect", _require_synchronous_commit)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def open_connection(engine: Engine, *, write: bool, durable: bool = False) -> Connection:
    """Opens a connection for one transaction.

    Args:
        engine: Engine from `open_engine`.
        write: The transaction may write. When False, it reads one snapshot.
        durable: The commit to SQLite survives a power failure, whatever the engine's default is.
    """
    return engine.connect().execution_options(digest_write=write, digest_durable=durable)


def driver_arguments(engine: Engine) -> dict[str, Any]:
    """Returns the arguments of the driver's `connect` for this database."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    # SQLAlchemy's own conversions of types are not for connections of others.
    return {name: value for name, value in arguments.items() if name != "context"}


@contextmanager
def translate_errors(url: URL) -> Iterator[None]:
    """Converts driver errors to `StoreUnavailable` or `StoreError`: one line, no secrets."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(f"{masked_url(url)}: {_error_line(error, url)}") from error
    except DBAPIError as error:
        # For a file of another kind, SQLite raises an error of no special class.
        is_other_file = "not a database" in str(error.orig)
        is_unavailable = is_other_file or error.connection_invalidated
        error_class = StoreUnavailable if is_unavailable else StoreError
        raise error_class(f"{masked_url(url)}: {_error_line(error, url)}") from error


def _error_line(error: DBAPIError | PoolTimeout, url: URL) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    line = " ".join(str(cause).split())
    for secret in (url.password, *(url.query.get(name) for name in _SECRET_PARAMETERS)):
        if isinstance(secret, str) and secret:
            line = line.replace(secret, "***")
    return line + next((f": {hint}" for phrase, hint in _HINTS.items() if phrase in line), "")


def _create_private_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"{path}: the folder does not exist: create it, or correct the database URL"
        )
    try:
        # SQLite creates the -wal and -shm files with the permissions of this file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Do not open it here: closing any descriptor of the file drops this process's SQLite
        # locks on it.
        pass
    except OSError as error:
        raise StoreUnavailable(
            f"{path}: cannot be created ({error.strerror}): correct the folder's permissions,"
            " or the database URL"
        ) from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # `_begin_sqlite` begins transactions, not the driver.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    for is_last_attempt in (False,) * 20 + (True,):
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            # When two processes switch to WAL at once, SQLite fails instead of waiting. An
            # empty write transaction waits for the other process.
            if is_last_attempt:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")


def _begin_sqlite(tx: Connection) -> None:
    options = tx.get_execution_options()
    write = options.get("digest_write", True)
    durable = options["digest_always_durable"] or options.get("digest_durable", False)
    # Pragmas stay set on a pooled connection: set them only when they change.
    before = tx.info.get("digest_pragmas", (None, None))
    if before[0] != write:
        execute_directly(tx, f"PRAGMA query_only = {0 if write else 1}")
    if before[1] != durable:
        execute_directly(tx, f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    tx.info["digest_pragmas"] = (write, durable)
    # A writer takes the lock at the beginning. A transaction that began as a reader could fail at
    # its first write, when another process has written meanwhile.
    execute_directly(tx, "BEGIN IMMEDIATE" if write else "BEGIN")


def execute_directly(tx: Connection, statement: str) -> None:
    """Executes a statement without a result by the driver of SQLite.

    SQLAlchemy needs about ten times as long around it, and each transaction begins with some.
    """
    driver: Any = tx.connection.driver_connection
    try:
        driver.execute(statement)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error) from error


def _require_synchronous_commit(connection: Any, _record: Any) -> None:
    """Makes each commit wait for the log, even if the server's own setting is `off`.

    Without it, a server that is killed forgets the commits of its last moments, also the one that
    says that a message may have been sent: it would be sent again without being in doubt. Other
    values, such as `local` with replication, are the operator's choice.
    """
    # The setting lasts for the session only outside a transaction.
    connection.autocommit = True
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.autocommit = False


def _begin_postgres(tx: Connection) -> None:
    if not tx.get_execution_options().get("digest_write", True):
        # One snapshot for all queries of the transaction, as on SQLite.
        tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
