"""The store itself: opened once, then asked for transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine, insert, inspect, select, text

from digest.errors import StoreError, StoreVersion
from digest.store.database.connection import open_connection, open_engine, masked_url, parse_url, translate_errors
from digest.store.database.metadata import initialise, instance_id
from digest.store.database.prepared_writes import PreparedWriter
from digest.store.database.schema import (
    HEAD,
    REVISIONS,
    alembic_version,
    metadata,
    prepare_for_postgresql,
)

__all__ = ["Connection", "Store", "create", "lock_birth", "revision", "transaction"]

_SCHEMA_LOCK = 7_276_117_320  # any number; two programs that create at once agree on it


class Store:
    """The database, open; a context manager that closes it.

    Made by `Store.open`. `url` is masked and may be shown; `instance_id` tells this store from
    all others; `engine` is for the other modules of this package.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.instance_id = ""

    @classmethod
    def open(cls, url: str, *, relaxed: bool = True) -> Self:
        """The store at this URL; an empty database is given its tables.

        Args:
            url: `sqlite:///PATH` or `postgresql://...`.
            relaxed: commits may be lost in a power cut, though not when a process dies.

        Raises:
            StoreUnavailable: the database cannot be reached or opened.
            StoreVersion: its schema is newer or older than this program; it was not touched.
            StoreError: it holds somebody else's tables.
        """
        store = cls(open_engine(parse_url(url), relaxed=relaxed))
        try:
            with store.read() as tx:
                current = schema_revision(tx)
            if current is None:
                with store.write(durable=True) as tx:
                    _create_if_empty(tx)
            else:
                _require_head(current, store.url)
            with store.read() as tx:
                store.instance_id = instance_id(tx)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def url(self) -> str:
        """Where the database is, without its password."""
        return masked_url(self.engine.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one snapshot and cannot write."""
        with transaction(self.engine, write=False) as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that commits at the end of the block, and rolls back on an exception.

        Args:
            durable: this commit survives a power cut even in a relaxed store.
        """
        with transaction(self.engine, write=True, durable=durable) as tx:
            yield tx

    def lane(self, *, durable: bool) -> PreparedWriter | None:
        """A connection for what runs once for every letter; None: it goes through `write`.

        Args:
            durable: its commits survive a power cut even in a relaxed store.
        """
        return PreparedWriter(self.engine, durable=durable)

    def close(self) -> None:
        """Closes all connections; the store must not be used afterwards."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def transaction(engine: Engine, *, write: bool, durable: bool = False) -> Iterator[Connection]:
    """One transaction, with driver errors turned into the store's own."""
    with (
        translate_errors(engine.url),
        open_connection(engine, write=write, durable=durable) as tx,
        tx.begin(),
    ):
        yield tx


def schema_revision(tx: Connection) -> str | None:
    """The revision of the schema; None for an empty database.

    Raises:
        StoreError: there are tables, and they are not ours.
    """
    tables = set(inspect(tx).get_table_names())
    if alembic_version.name in tables:
        current = tx.execute(select(alembic_version.c.version_num)).scalar_one_or_none()
        if current is not None and metadata.tables.keys() & tables:
            return str(current)
    if others := tables - {alembic_version.name}:
        raise StoreError(
            f"{masked_url(_url(tx))}: holds tables of another program ({min(others)}):"
            " give paper-digest a database of its own"
        )
    return None


def lock_schema(tx: Connection) -> None:
    """Makes this transaction the only one that may create or change the schema."""
    if tx.dialect.name == "postgresql":  # on SQLite the write lock is held already
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})


def _create_if_empty(tx: Connection) -> None:
    lock_schema(tx)
    current = schema_revision(tx)
    if current is not None:  # another process was faster
        return _require_head(current, masked_url(_url(tx)))
    return create_tables(tx)


def create_tables(tx: Connection) -> None:
    """Gives an empty database its tables. For this package alone."""
    if tx.dialect.name == "postgresql":
        prepare_for_postgresql()
    metadata.create_all(tx, checkfirst=False)
    alembic_version.create(tx, checkfirst=True)
    tx.execute(insert(alembic_version), {"version_num": HEAD})
    return initialise(tx)


def _require_head(current: str, url: str) -> None:
    if current not in REVISIONS:
        raise StoreVersion(
            f"{url}: was written by a newer paper-digest (revision {current}, this program knows"
            f" {HEAD}): upgrade the program; nothing was changed"
        )
    if current != HEAD:
        raise StoreVersion(
            f"{url}: its schema is older (revision {current}) than this program ({HEAD}):"
            " run `digest db upgrade`; nothing was changed"
        )


def _url(tx: Connection) -> URL:
    return tx.engine.url
