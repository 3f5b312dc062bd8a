"""A store for dry runs: it executes every statement and rolls all of them back at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Transaction

from digest.store.database.connection import open_connection, translate_errors
from digest.store.database.store import Store


class DryRunStore(Store):
    """A store whose transactions are savepoints in one outer transaction.

    The outer transaction begins with the first read or write and is rolled back by `close`.
    From its beginning it holds the write lock of the database.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._outer: tuple[Connection, Transaction] | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Opens a savepoint; it sees what this dry run wrote before."""
        with self.write() as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Opens a savepoint; nothing that it writes stays in the database."""
        del durable
        with translate_errors(self.engine.url):
            if self._outer is None:
                connection = open_connection(self.engine, write=True)
                self._outer = connection, connection.begin()
            with self._outer[0].begin_nested():
                yield self._outer[0]

    @property
    def allows_other_processes(self) -> bool:
        """Returns False: another process would not see what this dry run wrote."""
        return False

    def prepared_writer(self, *, durable: bool) -> None:
        """Returns None: a second connection would write outside the outer transaction."""
        del durable

    def close(self) -> None:
        """Rolls back everything and closes the store."""
        if self._outer is not None:
            connection, transaction = self._outer
            transaction.rollback()
            connection.close()
            self._outer = None
        super().close()
