"""Writes an export: the tables as JSON lines, and the files of the home without secrets."""

import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from digest.errors import UsageError
from digest.pipeline.moving.archive import (
    FORMAT,
    HOME,
    HOME_FILES,
    LISTS,
    MANIFEST,
    PROFILES,
    SETTINGS,
    TABLES,
    VERSION,
    files_of_lists,
    is_moved,
)
from digest.store.database.schema import HEAD
from digest.store.database.store import Store
from digest.store.maintenance import exported_rows, imported_rows
from digest.store.subscribers import profile_files
from digest.version import __version__


class ExportReport(Struct, frozen=True, kw_only=True):
    """What was exported."""

    file: Path
    rows: Mapping[str, int]  # by table
    files: Sequence[str]  # of the home


def write_archive(
    store: Store,
    file: Path,
    *,
    home: Path,
    settings: str,
    channels: Sequence[tuple[str, str]],
    now: datetime,
) -> ExportReport:
    """Writes an export that only its owner can read.

    Args:
        store: the database; it is read in one transaction.
        file: the archive, which must not exist. It gets its name when it is whole.
        home: the home folder, with `sources.toml` and `profiles`.
        settings: the lines of `.env` without secrets.
        channels: names and kinds of the channels, whose tables contain secrets.
        now: the time of the export.

    Raises:
        UsageError: the file exists or cannot be written.
    """
    if file.exists():
        raise UsageError(f"{file}: exists already; choose another file")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(descriptor)
        path = Path(name)
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                report = _write(archive, store, file, home, settings, channels, now)
            with path.open("rb") as written:
                os.fsync(written.fileno())
            path.replace(file)
        finally:
            with suppress(FileNotFoundError):
                path.unlink()
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error.strerror or error})") from error
    return report


def _write(  # noqa: PLR0917 - a part of `write_archive`
    archive: zipfile.ZipFile,
    store: Store,
    file: Path,
    home: Path,
    settings: str,
    channels: Sequence[tuple[str, str]],
    now: datetime,
) -> ExportReport:
    counts: dict[str, int] = {}
    with store.read() as tx:
        last = imported_rows.last_ids(tx)
        followed = list(profile_files.followed_files(tx))
        for table in exported_rows.exported_tables():
            counts[table.name] = 0
            with archive.open(f"{TABLES}{table.name}.jsonl", "w", force_zip64=True) as stream:
                for row in exported_rows.rows(tx, table):
                    line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                    stream.write(line.encode("utf-8", "replace") + b"\n")
                    counts[table.name] += 1
    files: list[str] = []
    _add_files(archive, home, files, followed=followed)
    archive.writestr(f"{HOME}{SETTINGS}", settings)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": now.astimezone(UTC).isoformat(),
        "program": __version__,
        "schema": HEAD,
        "rows": counts,
        "last_ids": last,
        "channels": [{"name": name, "kind": kind} for name, kind in channels],
    }
    archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return ExportReport(file=file, rows=counts, files=files)


def _add_files(
    archive: zipfile.ZipFile, home: Path, files: list[str], *, followed: Sequence[str]
) -> None:
    add: Callable[[Path, str], None] = lambda path, name: archive.write(path, f"{HOME}{name}")  # noqa: E731
    lists = home / LISTS
    text = lists.read_text(encoding="utf-8", errors="replace") if lists.is_file() else ""
    others = {name for name in (*files_of_lists(text), *followed) if is_moved(name)}
    outside = [name for name in others if not name.startswith(f"{PROFILES}/")]
    for name in dict.fromkeys((*HOME_FILES, *sorted(outside))):
        if (home / name).is_file():
            add(home / name, name)
            files.append(name)
    folder = home / PROFILES
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            name = path.relative_to(home).as_posix()
            add(path, name)
            files.append(name)
