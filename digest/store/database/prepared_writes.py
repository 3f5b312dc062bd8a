"""Runs the few statements that every message needs directly on the driver's cursor.

SQLAlchemy's execution of two one-row updates and a commit takes several times as long as the
database needs for them, and longer than sending the message. Here SQLAlchemy compiles each
statement once, and the driver runs it for many messages in one transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import Any

from sqlalchemy import Engine, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from digest.store.database.connection import sqlite_file, translate_errors
from digest.store.database.sqlite_write_queue import SqliteWriteLock

RowUpdate = tuple[Update, Mapping[str, Any]]  # a statement that updates one row; its parameters


class PreparedWriter:
    """A connection that runs prepared updates. Use it from one thread at a time.

    Args:
        engine: Engine of the store.
        durable: Commits to SQLite survive a power failure, not only the death of the process.
            Commits to PostgreSQL always survive the death of the server.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """

    def __init__(self, engine: Engine, *, durable: bool) -> None:
        self._engine = engine
        self._compiled: dict[Update, _CompiledUpdate] = {}
        self._is_sqlite = sqlite_file(engine.url) is not None
        self._write_lock = SqliteWriteLock(engine.url)
        with translate_errors(engine.url):
            connection = engine.raw_connection()
            # The settings below must not get into the pool.
            connection.detach()
            self._connection = connection
        with self._translated_errors():
            self._cursor = connection.cursor()
            if self._is_sqlite:
                durable = durable or engine.get_execution_options()["digest_always_durable"]
                # The pool may have set it to 1.
                self._cursor.execute("PRAGMA query_only = 0")
                self._cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")

    def write(self, changes: Iterable[RowUpdate]) -> bool:
        """Makes all changes in one transaction, grouped by statement.

        Args:
            changes: Updates, each of which must match exactly one row.

        Returns:
            False if an update matched no row; then nothing was changed.

        Raises:
            StoreUnavailable: The database cannot be reached; it may have committed or not.
            StoreError: The database rejects a change; nothing was changed.
        """
        rows_by_sql: dict[str, list[Any]] = {}
        for statement, values in changes:
            compiled = self._compile(statement)
            rows_by_sql.setdefault(compiled.text, []).append(compiled.bound(values))
        with self._write_lock, self._translated_errors():
            try:
                if self._is_sqlite:
                    self._cursor.execute("BEGIN IMMEDIATE")
                for text, rows in rows_by_sql.items():
                    self._cursor.executemany(text, rows)
                    # One row was not updated, so the caller finds out which by single statements.
                    if self._cursor.rowcount != len(rows):
                        self._connection.rollback()
                        return False
                self._connection.commit()
            # Any exception: a transaction that stays open would keep the database locked.
            except BaseException:
                with suppress(self._engine.dialect.loaded_dbapi.Error):
                    self._connection.rollback()
                raise
        return True

    def close(self) -> None:
        """Closes the connection; ignores errors of the driver."""
        with suppress(self._engine.dialect.loaded_dbapi.Error):
            self._connection.close()
        self._write_lock.close()

    def _compile(self, statement: Update) -> "_CompiledUpdate":
        # Compiling takes longer than running the statement.
        if statement not in self._compiled:
            self._compiled[statement] = _CompiledUpdate(statement, self._engine)
        return self._compiled[statement]

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Wraps driver errors as SQLAlchemy does, so that `translate_errors` recognises them."""
        dialect = self._engine.dialect
        error_class = dialect.loaded_dbapi.Error
        with translate_errors(self._engine.url):
            try:
                yield
            except error_class as error:
                raise DBAPIError.instance(
                    None, None, error, error_class, dialect=dialect
                ) from error


class _CompiledUpdate:
    """A statement as SQL text for the driver, with the order of its parameters."""

    def __init__(self, statement: Update, engine: Engine) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker
        self.text = str(compiled)
        order = compiled.positiontup  # None: the driver takes parameters by name
        self._in_order = None if order is None else itemgetter(*order)
        self._constants: dict[str, Any] = {}
        self._processors: dict[str, Any] = {}
        for bind, name in compiled.bind_names.items():
            implementation = bind.type.dialect_impl(engine.dialect)
            processor = implementation.bind_processor(engine.dialect)
            # Only these differ between rows. The constants are converted once.
            if bind.required:
                if processor:
                    self._processors[name] = processor
            else:
                value = compiled.params[name]
                self._constants[name] = processor(value) if processor else value

    def bound(self, row: Mapping[str, Any]) -> Any:
        """Returns the parameters of one execution, converted to the driver's types."""
        values = {**self._constants, **row}
        for name, process in self._processors.items():
            values[name] = process(values[name])
        return values if self._in_order is None else self._in_order(values)
