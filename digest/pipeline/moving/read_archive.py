"""Reads an export into an empty home."""

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct

from digest.errors import InputError, UsageError
from digest.pipeline.moving.archive import (
    FORMAT,
    HOME,
    MANIFEST,
    PROFILES,
    SETTINGS,
    TABLES,
    VERSION,
    is_moved,
)
from digest.store.database.schema import HEAD, REVISIONS
from digest.store.maintenance import exported_rows, imported_rows
from digest.store.maintenance.restore import RestoreReport, restore

_MAX_LINE = 100_000_000  # bytes of one row
_MAX_FILE = 20_000_000  # bytes of one file of the home
_MAX_MANIFEST = 1_000_000


class ImportReport(Struct, frozen=True, kw_only=True):
    """What was imported."""

    made_at: datetime
    restored: RestoreReport
    written: Sequence[str]  # files of the home
    kept: Sequence[str]  # files that exist in the home with another content
    channels: Sequence[str]  # names of channels, whose tables have to be written again


def read_archive(
    url: str,
    home: Path,
    file: Path,
    *,
    now: datetime,
    as_is: bool = False,
    keys: Sequence[bytes] = (),
) -> ImportReport:
    """Imports an export into a database without data, and writes the files of the home.

    Digests that waited are held, and nothing that may have been sent since is sent again, as after
    restoring a backup (`restore`); `as_is` continues where the export was.

    Args:
        url: the URL of the database.
        home: the home folder. No file in it is replaced.
        file: the archive.
        now: the current time.
        as_is: nothing was sent or collected since the export, as for a move.
        keys: the keys of the settings.

    Raises:
        UsageError: there is no such file, or the database contains data.
        InputError: the file is no export, is damaged, or is of a newer program.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    with _opened(file) as archive, tempfile.TemporaryDirectory(prefix="paper-digest-") as folder:
        manifest = _manifest(archive, file)
        made_at = datetime.fromisoformat(manifest["made_at"])
        built = Path(folder) / "import.db"
        imported_rows.build(
            built,
            (
                (table, _lines(archive, f"{TABLES}{table.name}.jsonl", file))
                for table in exported_rows.exported_tables()
            ),
            last=manifest["last_ids"],
            made_at=made_at,
        )
        # The files first are only read: a damaged archive changes nothing.
        files = dict(_home_files(archive, file))
        restored = restore(url, built, now=now, as_is=as_is, keys=keys)
    written, kept = _write_files(home, files)
    return ImportReport(
        made_at=made_at,
        restored=restored,
        written=written,
        kept=kept,
        channels=[str(item["name"]) for item in manifest["channels"]],
    )


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"no export of this program: {error}", file=file) from None


def _manifest(archive: zipfile.ZipFile, file: Path) -> Mapping[str, Any]:
    try:
        with archive.open(MANIFEST) as stream:
            manifest = json.loads(stream.read(_MAX_MANIFEST))
        if manifest["format"] != FORMAT:
            raise InputError("no export of this program", file=file)
        version, revision = manifest["version"], manifest["schema"]
        datetime.fromisoformat(manifest["made_at"])
        dict(manifest["last_ids"])
        list(manifest["channels"])
    except (KeyError, ValueError, TypeError, RecursionError):
        raise InputError("no export of this program", file=file) from None
    # A newer export may have columns of which this program would lose the data.
    if version != VERSION or revision not in REVISIONS:
        raise InputError(
            f"was written by a newer paper-digest (revision {revision}, this program knows {HEAD}):"
            " upgrade the program",
            file=file,
        )
    return dict(manifest)


def _lines(
    archive: zipfile.ZipFile, name: str, file: Path
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        stream = archive.open(name)
    except KeyError:  # a table that the exporting program did not have yet
        return
    with stream:
        number = 0
        while line := stream.readline(_MAX_LINE):
            number += 1
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                raise InputError("no JSON", file=file / name, line=number) from None
            if not isinstance(value, dict):
                raise InputError("no JSON object", file=file / name, line=number)
            yield number, value


def _home_files(archive: zipfile.ZipFile, file: Path) -> Iterator[tuple[str, bytes]]:
    for info in archive.infolist():
        name = info.filename.removeprefix(HOME)
        if name == info.filename or info.is_dir():
            continue
        path = PurePosixPath(name)
        is_profile = path.parts[0] == PROFILES and len(path.parts) > 1
        if not (name == SETTINGS or is_profile or is_moved(name)) or ".." in path.parts:
            raise InputError(f"a file with an unexpected name: {name[:80]!r}", file=file)
        with archive.open(info) as stream:
            data = stream.read(_MAX_FILE + 1)
        if len(data) > _MAX_FILE:
            raise InputError(f"{name}: larger than {_MAX_FILE:,} bytes", file=file)
        yield name, data


def _write_files(home: Path, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Writes the files that are not there; returns the written ones, and those that differ."""
    written, kept = [], []
    for name, data in files.items():
        # Not as `.env`: what is missing in it has to be added first.
        path = home / name
        if path.exists():
            if path.read_bytes() != data:
                kept.append(name)
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(name)
    return written, kept
