"""Upgrades the schema of an older database with Alembic."""

from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from digest.errors import StoreVersion
from digest.store.database.connection import masked_url, open_engine, parse_url, sqlite_file
from digest.store.database.metadata import initialise
from digest.store.database.schema import HEAD, REVISIONS
from digest.store.database.store import lock_schema, schema_revision, transaction

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


class SchemaState(Struct, frozen=True, kw_only=True):
    """The schema revision of a database, compared with that of this program."""

    current: str | None  # None: the database is empty
    head: str  # the revision of this program
    state: str  # empty | current | older | newer


def check(url: str) -> SchemaState:
    """Compares the schema of a database with this program's; creates and changes nothing.

    Raises:
        StoreUnavailable: The database cannot be reached or opened.
        StoreError: It contains tables of another program.
    """
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is not None and path.parent.is_dir() and not path.exists():
        return _state(None)
    engine = open_engine(parsed)
    try:
        with transaction(engine, write=False) as tx:
            return _state(schema_revision(tx))
    finally:
        engine.dispose()


def upgrade(url: str) -> list[str]:
    """Applies the missing migrations in one transaction.

    Returns:
        The applied revisions, oldest first.

    Raises:
        StoreUnavailable: The database cannot be reached or opened.
        StoreVersion: It was written by a newer program; nothing was changed.
    """
    engine = open_engine(parse_url(url), durable=True)
    try:
        with transaction(engine, write=True) as tx:
            lock_schema(tx)
            current = schema_revision(tx)
            if _state(current).state == "newer":
                raise StoreVersion(
                    f"{masked_url(engine.url)}: was written by a newer paper-digest (revision"
                    f" {current}, this program knows {HEAD}): upgrade the program;"
                    " nothing was changed"
                )
            missing = REVISIONS[REVISIONS.index(current) + 1 if current else 0 :]
            if missing:
                _apply_migrations(tx)
                initialise(tx)
            return list(missing)
    finally:
        engine.dispose()


def _state(current: str | None) -> SchemaState:
    if current is None:
        state = "empty"
    elif current not in REVISIONS:
        state = "newer"
    else:
        state = "current" if current == HEAD else "older"
    return SchemaState(current=current, head=HEAD, state=state)


def _apply_migrations(tx: Connection) -> None:
    # Imported here: Alembic is slow to import, and almost no command needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("recursive_version_locations", "true")
    config.attributes["connection"] = tx
    command.upgrade(config, HEAD)
