"""The few statements that run for every letter, on the driver's own cursor.

Through SQLAlchemy's execution, two updates of one row and their commit cost several times
what the database needs for them, and more than sending the letter. Here SQLAlchemy builds
and compiles the statements, once; the driver runs them, for all letters at hand in one
transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from digest.store.database.connection import sqlite_file, translate_errors
from digest.store.database.sqlite_write_queue import SqliteWriteLock

RowUpdate = tuple[Update, Mapping[str, Any]]  # of one row: a statement, its parameters


class PreparedWriter:
    """A connection for these statements alone; for one thread at a time.

    Args:
        engine: the store's.
        durable: commits survive a power cut, not only the process.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """

    def __init__(self, engine: Engine, *, durable: bool) -> None:
        self._engine = engine
        self._compiled: dict[Update, _Compiled] = {}
        self._is_sqlite = sqlite_file(engine.url) is not None
        self._one_writer = SqliteWriteLock(engine.url)
        with translate_errors(engine.url):
            pooled = engine.raw_connection()
            pooled.detach()  # what is set below must not reach the pool
            self._pooled = pooled
        with self._driver():
            self._cursor = pooled.cursor()
            if self._is_sqlite:
                relaxed = engine.get_execution_options()["digest_relaxed"] and not durable
                self._cursor.execute("PRAGMA query_only = 0")  # the pool's may have been read from
                self._cursor.execute(f"PRAGMA synchronous = {'NORMAL' if relaxed else 'FULL'}")
            elif durable:
                self._cursor.execute("SET synchronous_commit = on")
                pooled.commit()

    def write(self, changes: Iterable[RowUpdate]) -> bool:
        """Makes all changes in one transaction; those of one statement at once.

        Returns:
            False if one of them found no row; then nothing was changed.

        Raises:
            StoreUnavailable: the database is gone; whether it committed is not known.
            StoreError: it refuses a change; nothing was changed.
        """
        ready: dict[str, list[Any]] = {}
        for statement, values in changes:
            compiled = self._of(statement)
            ready.setdefault(compiled.text, []).append(compiled.bound(values))
        with self._one_writer, self._driver():
            try:
                if self._is_sqlite:
                    self._cursor.execute("BEGIN IMMEDIATE")
                for text, rows in ready.items():
                    self._cursor.executemany(text, rows)
                    if self._cursor.rowcount != len(rows):
                        self._pooled.rollback()
                        return False
                self._pooled.commit()
            except BaseException:
                with suppress(self._engine.dialect.loaded_dbapi.Error):
                    self._pooled.rollback()
                raise
        return True

    def close(self) -> None:
        """Ends the connection; never fails."""
        with suppress(self._engine.dialect.loaded_dbapi.Error):
            self._pooled.close()
        self._one_writer.close()

    def _of(self, statement: Update) -> "_Compiled":
        if statement not in self._compiled:
            self._compiled[statement] = _Compiled(statement, self._engine)
        return self._compiled[statement]

    @contextmanager
    def _driver(self) -> Iterator[None]:
        """The driver's errors as SQLAlchemy would raise them, and so as the store does."""
        dialect = self._engine.dialect
        error_class = dialect.loaded_dbapi.Error
        with translate_errors(self._engine.url):
            try:
                yield
            except error_class as error:
                raise DBAPIError.instance(
                    None, None, error, error_class, dialect=dialect
                ) from error


class _Compiled:
    """A statement as the driver takes it."""

    def __init__(self, statement: Update, engine: Engine) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker
        self.text = str(compiled)
        self._order = compiled.positiontup  # None: parameters go by name
        self._constants: dict[str, Any] = {}
        self._processors: dict[str, Any] = {}
        for bind, name in compiled.bind_names.items():
            implementation = bind.type.dialect_impl(engine.dialect)
            processor = implementation.bind_processor(engine.dialect)
            if bind.required:
                self._processors[name] = processor
            else:
                value = compiled.params[name]
                self._constants[name] = processor(value) if processor else value

    def bound(self, row: Mapping[str, Any]) -> Any:
        """The parameters of one execution."""
        values = dict(self._constants)
        for name, process in self._processors.items():
            values[name] = process(row[name]) if process else row[name]
        return values if self._order is None else [values[name] for name in self._order]
