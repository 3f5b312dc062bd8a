"""The store: an open database that gives transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import URL, Connection, Engine, insert, inspect, select, text

from digest.errors import StoreError, StoreVersion
from digest.store.database.connection import (
    execute_directly,
    masked_url,
    open_connection,
    open_engine,
    parse_url,
    sqlite_file,
    translate_errors,
)
from digest.store.database.metadata import initialise, instance_id
from digest.store.database.schema import (
    HEAD,
    REVISIONS,
    alembic_version,
    metadata,
    prepare_for_postgresql,
)

if TYPE_CHECKING:
    from digest.store.database.prepared_writes import PreparedWriter

__all__ = ["Connection", "Store", "create_tables", "lock_schema", "schema_revision", "transaction"]

SQLITE_TABLES = Path(__file__).with_name("sqlite_tables.sql")
_SCHEMA_LOCK = 7_276_117_320  # key of an advisory lock; an arbitrary number that never changes


class Store:
    """An open database; a context manager that closes it. Created by `Store.open`.

    Attributes:
        engine: For the modules of `digest.store` only.
        instance_id: Twelve hex digits that identify this store.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.instance_id = ""

    @classmethod
    def open(cls, url: str, *, durable: bool = False) -> Self:
        """Opens the store at this URL; creates the tables in an empty database.

        Args:
            url: `sqlite:///PATH` or `postgresql://...`.
            durable: Every commit to SQLite survives a power failure. When False, a power
                failure may lose the last commits; the death of a process never does. Every
                commit to PostgreSQL survives the death of the server.

        Raises:
            StoreUnavailable: The database cannot be reached or opened.
            StoreVersion: Its schema is newer or older than this program; nothing was changed.
            StoreError: It contains tables of another program.
        """
        store = cls(open_engine(parse_url(url), durable=durable))
        try:
            with store.read() as tx:
                current = schema_revision(tx)
            if current is None:
                # What is created here, such as the key of Message-IDs, must survive a power
                # failure.
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
        """The URL of the database without its secrets, for output and logs."""
        return masked_url(self.engine.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Opens a transaction that sees one snapshot and cannot write."""
        with transaction(self.engine, write=False) as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """Opens a transaction that commits at the end of the block, or rolls back on an exception.

        Args:
            durable: This commit to SQLite survives a power failure, whatever `open` was told.
        """
        with transaction(self.engine, write=True, durable=durable) as tx:
            yield tx

    @property
    def has_one_writer(self) -> bool:
        """Whether only one process can write at a time."""
        return sqlite_file(self.engine.url) is not None

    @property
    def allows_other_processes(self) -> bool:
        """Whether other processes that open the same database see what this store sees."""
        return True

    def close_connections(self) -> None:
        """Closes the connections, before this process is divided; the next transaction opens one."""
        self.engine.dispose()

    def prepared_writer(self, *, durable: bool) -> "PreparedWriter | None":
        """Opens a connection for the statements that run once for every message.

        Args:
            durable: Its commits to SQLite survive a power failure, whatever `open` was told.

        Returns:
            None for a store without such a connection (a dry run); then use `write`.
        """
        # Imported here: only long deliveries need one.
        from digest.store.database.prepared_writes import PreparedWriter

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
    """Opens one transaction and converts driver errors to `StoreError`."""
    with (
        translate_errors(engine.url),
        open_connection(engine, write=write, durable=durable) as tx,
        tx.begin(),
    ):
        yield tx


def schema_revision(tx: Connection) -> str | None:
    """Returns the revision of the schema; None for an empty database.

    Raises:
        StoreError: The database contains tables of another program.
    """
    tables = set(inspect(tx).get_table_names())
    if alembic_version.name in tables:
        current = tx.execute(select(alembic_version.c.version_num)).scalar_one_or_none()
        # A revision whose tables are gone counts as an empty database.
        if current is not None and metadata.tables.keys() & tables:
            return str(current)
    if others := tables - {alembic_version.name}:
        raise StoreError(
            f"{masked_url(_url(tx))}: contains tables of another program ({min(others)}):"
            " use a separate database for paper-digest"
        )
    return None


def lock_schema(tx: Connection) -> None:
    """Locks the schema: no other transaction can create or change it until this one ends."""
    # On SQLite, a write transaction locks the whole file.
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})


def _create_if_empty(tx: Connection) -> None:
    lock_schema(tx)
    current = schema_revision(tx)
    # Another process created the tables first.
    if current is not None:
        return _require_head(current, masked_url(_url(tx)))
    return create_tables(tx)


def create_tables(tx: Connection) -> None:
    """Creates all tables in an empty database. Only for modules of `digest.store`."""
    if tx.dialect.name == "postgresql":
        prepare_for_postgresql()
        metadata.create_all(tx, checkfirst=False)
        # Alembic's table may be there without a revision; such a database counts as empty.
        alembic_version.create(tx, checkfirst=True)
    else:
        for statement in sqlite_tables():
            execute_directly(tx, statement)
    tx.execute(insert(alembic_version), {"version_num": HEAD})
    return initialise(tx)


def sqlite_tables() -> list[str]:
    """Returns the statements that create the tables and their indexes in SQLite, also Alembic's.

    `tools/sqlite_tables.py` wrote them: to compile them took 2 % of a first `digest run`.
    """
    return SQLITE_TABLES.read_text("utf-8").removesuffix(";\n").split(";\n\n")


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
