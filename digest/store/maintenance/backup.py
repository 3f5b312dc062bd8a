"""A backup: always a SQLite file of this program's schema, whichever database it is made of.

It is one snapshot, so that what delivers meanwhile need not wait, and it can be looked into,
checked, and restored into either kind of database. A dump by pg_dump could be none of these,
and needs tools of the server's version at hand.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.errors import InputError, StoreError, UsageError
from digest.store.database.connection import open_engine, masked_url, parse_url, sqlite_file, translate_errors
from digest.store.database.schema import HEAD, REVISIONS
from digest.store.database.store import Store, schema_revision, transaction
from digest.store.maintenance.copy_rows import copy_rows

BACKUP_KEY = "backup"  # the key in `meta` under which a copy says what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """A copy that was made, or found, and checked."""

    file: Path
    revision: str  # of its schema
    taken_at: datetime | None  # None: it is a plain copy of a database
    rows: Mapping[str, int]  # by table


def backup(url: str, file: Path, *, now: datetime, force: bool = False) -> BackupInfo:
    """Writes a copy of the database, private, checked, under its name only when it is whole.

    Args:
        url: of the database, which may be in use.
        file: where to.
        now: what the copy says of when it was made.
        force: replace a file that is there.

    Raises:
        UsageError: the file is there, or its folder is not.
        StoreUnavailable: the database cannot be reached.
        StoreError: it is empty, or of an older version on PostgreSQL; or the copy is not good.
    """
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; name another file, or insist with --force")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: no such folder; make it first")
    with _temporary_file(file) as copy:
        rows = _copy_database(url, copy)
        with closing(sqlite3.connect(copy)) as made:
            made.execute("PRAGMA journal_mode = DELETE")  # one file, and no others beside it
            said = json.dumps({"taken_at": now.isoformat()})
            made.execute("DELETE FROM meta WHERE key = ?", (BACKUP_KEY,))
            made.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (BACKUP_KEY, said))
            made.commit()
            made.execute("VACUUM")  # without what was erased, and its empty pages
        found = verify(copy)
        if rows != {name: found.rows[name] - (name == "meta") for name in rows}:
            raise StoreError(f"{file}: the copy does not hold what the database does; try again")
    return BackupInfo(file=file, revision=found.revision, taken_at=now, rows=rows)


def dated(folder: Path, now: datetime) -> Path:
    """The file of a backup made now, in a folder of several."""
    return folder / f"digest-{now:%Y%m%d-%H%M%S}.db"


def rotate(folder: Path, *, keep: int) -> list[Path]:
    """Removes all but the newest backups that `dated` named; which."""
    old = sorted(folder.glob("digest-[0-9]*-[0-9]*.db"))[:-keep]
    for path in old:
        path.unlink()
    return old


def verify(file: Path) -> BackupInfo:
    """Looks a copy through, changing nothing.

    Raises:
        UsageError: there is no such file.
        InputError: it is damaged, none of ours, or of a newer program.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    try:
        with closing(open_read_only(file)) as copy:
            return _verify_content(copy, file)
    except sqlite3.Error as error:
        raise InputError(f"no sound backup: {error}", file=file) from error


def open_read_only(file: Path) -> sqlite3.Connection:
    """A SQLite file, opened so that nothing in it can change."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _verify_content(copy: sqlite3.Connection, file: Path) -> BackupInfo:
    # The pages, then what refers to what.
    (sound,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    torn = copy.execute("PRAGMA foreign_key_check").fetchone()
    if sound != "ok" or torn is not None:
        raise InputError(f"damaged: {sound if sound != 'ok' else f'rows of {torn[0]}'}", file=file)
    tables = _table_names(copy)
    if not {"alembic_version", "meta"} <= tables:
        raise InputError("a SQLite database, but none of this program's", file=file)
    (current,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    if current not in REVISIONS:
        raise InputError(
            f"was made by a newer paper-digest (revision {current}, this program knows {HEAD}):"
            " upgrade the program",
            file=file,
        )
    marked = copy.execute("SELECT value FROM meta WHERE key = ?", (BACKUP_KEY,)).fetchone()
    taken_at = datetime.fromisoformat(json.loads(marked[0])["taken_at"]) if marked else None
    rows = _row_counts(copy, tables)
    return BackupInfo(file=file, revision=current, taken_at=taken_at, rows=rows)


@contextmanager
def _temporary_file(file: Path) -> Iterator[Path]:
    """A file beside it, private and empty, that takes its name if all goes well."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(descriptor)
        path = Path(name)
        try:
            yield path
            with path.open("rb") as written:
                os.fsync(written.fileno())
            path.replace(file)
        finally:
            for rest in (path, Path(f"{path}-journal"), Path(f"{path}-wal"), Path(f"{path}-shm")):
                with suppress(FileNotFoundError):
                    rest.unlink()
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror or error})") from error
    except sqlite3.Error as error:
        raise StoreError(f"{file}: cannot be written ({error})") from error


def _copy_database(url: str, copy: Path) -> dict[str, int]:
    """Copies one snapshot; how many rows it has, by table."""
    parsed = parse_url(url)
    path = sqlite_file(parsed)
    if path is not None and not path.exists():
        raise StoreError(f"{masked_url(parsed)}: there is no database yet")
    engine = open_engine(parsed)
    try:
        with transaction(engine, write=False) as tx:
            current = schema_revision(tx)
            if current is None:
                raise StoreError(f"{masked_url(parsed)}: is empty; there is nothing to back up")
            if path is not None:
                driver: Any = tx.connection.driver_connection
                with translate_errors(parsed), closing(sqlite3.connect(copy)) as target:
                    rows = _row_counts(driver, _table_names(driver))
                    driver.backup(target)  # of the snapshot that this transaction sees
                return rows
            if current != HEAD:
                raise StoreError(
                    f"{masked_url(parsed)}: its schema is of another version ({current}, this program's"
                    f" is {HEAD}); upgrade it first, which changes all of it or nothing, or use"
                    " pg_dump"
                )
            with Store.open(f"sqlite:///{copy}") as made, made.write() as target_tx:
                return copy_rows(tx, target_tx)
    finally:
        engine.dispose()


def _table_names(copy: sqlite3.Connection) -> set[str]:
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return {name for (name,) in copy.execute(named)}


def _row_counts(copy: sqlite3.Connection, tables: set[str]) -> dict[str, int]:
    # The names are those of its own tables.
    return {
        name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in tables - {"alembic_version"}
    }
