"""A store that forgets: everything is done for real, and undone at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Transaction

from digest.store.database.connection import open_connection, translate_errors
from digest.store.database.store import Store


class DryRunStore(Store):
    """The store for a dry run: one transaction around all others, rolled back when closed.

    It holds the database's write lock from the first transaction on.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._held: tuple[Connection, Transaction] | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction within the rehearsal."""
        with self.write() as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction within the rehearsal; nothing of it lasts."""
        del durable
        with translate_errors(self.engine.url):
            if self._held is None:
                connection = open_connection(self.engine, write=True)
                self._held = connection, connection.begin()
            with self._held[0].begin_nested():
                yield self._held[0]

    def lane(self, *, durable: bool) -> None:
        """None: nothing may go around the one transaction."""
        del durable

    def close(self) -> None:
        """Undoes everything."""
        if self._held is not None:
            connection, outer = self._held
            outer.rollback()
            connection.close()
            self._held = None
        super().close()
