"""Writes and checks backups: SQLite files with the schema of this program.

A backup of PostgreSQL is a SQLite file too. It is one snapshot, so deliveries need not stop,
and it can be opened, checked, and restored to either kind of database. A dump by pg_dump can do
none of that, and needs tools of the same version as the server.
"""

import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from digest.errors import InputError, StoreError, UsageError
from digest.store.database.connection import (
    masked_url,
    open_engine,
    parse_url,
    sqlite_file,
    translate_errors,
)
from digest.store.database.schema import HEAD, REVISIONS
from digest.store.database.store import Store, schema_revision, transaction
from digest.store.maintenance.copy_rows import copy_rows

BACKUP_KEY = "backup"  # key of the row in `meta` that marks a backup and contains its time

_TIMESTAMPED = re.compile(r"digest-\d{8}-\d{6}\.db", re.ASCII)


class BackupInfo(Struct, frozen=True, kw_only=True):
    """A backup that was checked."""

    file: Path
    revision: str  # of its schema
    taken_at: datetime | None  # None: the file is a plain copy of a database, without the mark
    rows: Mapping[str, int]  # number of rows by table


class DeletedBackups(Struct, frozen=True, kw_only=True):
    """What `delete_oldest` did in a folder."""

    removed: Sequence[Path]
    skipped: Sequence[tuple[Path, str]]  # files that only look like backups, each with the reason


def backup(url: str, file: Path, *, now: datetime, force: bool = False) -> BackupInfo:
    """Writes a backup that only its owner can read, and checks it.

    The file gets its name only when it is complete and checked.

    Args:
        url: URL of the database, which may be in use.
        file: Path of the backup.
        now: Time of the backup, stored in it.
        force: Replace an existing file.

    Raises:
        UsageError: The file exists, or its folder does not.
        StoreUnavailable: The database cannot be reached.
        StoreError: The database is empty; or it is on PostgreSQL and has an older schema; or the
            backup failed its check.
    """
    if file.exists() and not force:
        raise UsageError(f"{file}: exists already; choose another file, or replace it with --force")
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: no such folder; create it first")
    with _temporary_file(file) as path:
        rows = _copy_database(url, path)
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")  # WAL mode would need files next to it
            mark = json.dumps({"taken_at": now.isoformat()})
            copy.execute("DELETE FROM meta WHERE key = ?", (BACKUP_KEY,))
            copy.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (BACKUP_KEY, mark))
            copy.commit()
            copy.execute("VACUUM")  # removes erased data and free pages
        verified = verify(path)
        # The mark is one row in `meta` that the database does not have.
        if rows != {name: verified.rows[name] - (name == "meta") for name in rows}:
            raise StoreError(f"{file}: the backup does not match the database; try again")
    return BackupInfo(file=file, revision=verified.revision, taken_at=now, rows=rows)


def timestamped_path(folder: Path, now: datetime) -> Path:
    """Returns the path of a backup with this time in its name."""
    return folder / f"digest-{now:%Y%m%d-%H%M%S}.db"


def delete_oldest(file: Path, *, keep: int) -> DeletedBackups:
    """Deletes the oldest backups in the folder of a backup.

    Only files that this command made for the same database are deleted: the name has the form of
    `timestamped_path`, and the mark inside the file has the time of the name and the instance id
    of `file`. No other file is changed or counted.

    Args:
        file: The newest backup.
        keep: How many of the newest backups to keep.
    """
    own, skipped = [], []
    instance = _instance(file)
    for path in sorted(file.parent.glob("digest-[0-9]*.db")):
        reason = "" if path == file else _foreign(path, instance)
        if reason:
            skipped.append((path, reason))
        else:
            own.append(path)
    removed = [path for path in own[:-keep] if path != file]  # not even if the clock went back
    for path in removed:
        path.unlink()
    return DeletedBackups(removed=removed, skipped=skipped)


def _foreign(path: Path, instance: str | None) -> str:
    """Returns why a file is not a backup that this command made; empty if it is one."""
    if _TIMESTAMPED.fullmatch(path.name) is None:
        return "its name does not contain a time as the names of backups do"
    if path.is_symlink() or not path.is_file():
        return "not a regular file"
    try:
        with closing(open_read_only(path)) as copy:
            taken_at = _taken_at(copy)
            other = _meta(copy, "instance")
    except (sqlite3.Error, OSError, ValueError, TypeError, LookupError):
        return "not a readable backup"
    if taken_at is None:
        return "a database without the mark of a backup"
    # Somebody renamed it to keep it, so it must not be deleted.
    if timestamped_path(path.parent, taken_at) != path:
        return "renamed: its mark has another time than its name"
    return "" if other == instance else "a backup of another database"


def _instance(file: Path) -> str | None:
    with closing(open_read_only(file)) as copy:
        return _meta(copy, "instance")


def verify(file: Path) -> BackupInfo:
    """Checks a backup without changing it.

    Raises:
        UsageError: There is no such file.
        InputError: The file is damaged, is not of this program, or is of a newer version.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    try:
        with closing(open_read_only(file)) as copy:
            return _verify_content(copy, file)
    except sqlite3.Error as error:
        raise InputError(f"not a readable backup: {error}", file=file) from error


def open_read_only(file: Path) -> sqlite3.Connection:
    """Opens a SQLite file in read-only mode."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _verify_content(copy: sqlite3.Connection, file: Path) -> BackupInfo:
    (integrity,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    broken_key = copy.execute("PRAGMA foreign_key_check").fetchone()
    if integrity != "ok" or broken_key is not None:
        damage = integrity if integrity != "ok" else f"rows of {broken_key[0]}"
        raise InputError(f"damaged: {damage}", file=file)
    tables = _table_names(copy)
    if not {"alembic_version", "meta"} <= tables:
        raise InputError("a SQLite database, but not of this program", file=file)
    (current,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    # A newer schema may have columns of which this program would lose the data.
    if current not in REVISIONS:
        raise InputError(
            f"was written by a newer paper-digest (revision {current}, this program knows {HEAD}):"
            " upgrade the program",
            file=file,
        )
    rows = _row_counts(copy, tables)
    return BackupInfo(file=file, revision=current, taken_at=_taken_at(copy), rows=rows)


def _taken_at(copy: sqlite3.Connection) -> datetime | None:
    """Returns the time in the mark of a backup; None if the file has no mark."""
    mark = _meta(copy, BACKUP_KEY)
    return datetime.fromisoformat(json.loads(mark)["taken_at"]) if mark is not None else None


def _meta(copy: sqlite3.Connection, key: str) -> str | None:
    row = copy.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


@contextmanager
def _temporary_file(file: Path) -> Iterator[Path]:
    """Creates a private empty file in the same folder; renames it to `file` on success."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(descriptor)
        path = Path(name)
        try:
            yield path
            with path.open("rb") as content:
                # Before the name: after a power failure, a file with this name must be whole.
                os.fsync(content.fileno())
            path.replace(file)
        finally:
            for suffix in ("", "-journal", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{path}{suffix}").unlink()
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror or error})") from error
    except sqlite3.Error as error:
        raise StoreError(f"{file}: cannot be written ({error})") from error


def _copy_database(url: str, copy: Path) -> dict[str, int]:
    """Copies one snapshot of the database to a SQLite file; returns the rows by table."""
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
            # Between SQLite files, SQLite copies pages, so any version of the schema will do.
            if path is not None:
                driver: Any = tx.connection.driver_connection
                with translate_errors(parsed), closing(sqlite3.connect(copy)) as target:
                    rows = _row_counts(driver, _table_names(driver))
                    driver.backup(target)  # copies the snapshot that this transaction sees
                return rows
            if current != HEAD:
                raise StoreError(
                    f"{masked_url(parsed)}: its schema has another version ({current}) than this"
                    f" program ({HEAD}); run `digest db upgrade` first, which changes everything or"
                    " nothing, or use pg_dump"
                )
            with Store.open(f"sqlite:///{copy}") as target_store, target_store.write() as target_tx:
                return copy_rows(tx, target_tx)
    finally:
        engine.dispose()


def _table_names(copy: sqlite3.Connection) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return {name for (name,) in copy.execute(query)}


def _row_counts(copy: sqlite3.Connection, tables: set[str]) -> dict[str, int]:
    # Safe against SQL injection: the names come from the database itself.
    return {
        name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in tables - {"alembic_version"}
    }
