"""Finds new and changed files in a folder, and reads files up to a maximum size."""

import errno
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from digest.errors import InputError, UsageError

MAX_BYTES = 32 * 2**20  # a real dump has about 0.15 MB

# Endings of backup files, temporary files and unfinished downloads.
_UNFINISHED = ("~", ".bak", ".crdownload", ".part", ".swp", ".tmp")


class FoundFile(Struct, frozen=True, kw_only=True):
    """A file that is new or has changed since the last fetch."""

    path: Path
    name: str  # its key in the cursor
    modified: datetime  # aware, UTC
    size: int  # bytes
    signature: str  # changes when the file does: size and modification time


def find_files(path: Path, *, cursor: Mapping[str, str] | None) -> list[FoundFile]:
    """Returns the new and changed regular files of a folder, in the order of their names.

    Hidden files and unfinished files of editors and downloads are ignored (`~`, .bak,
    .crdownload, .part, .swp, .tmp). Subfolders are not searched.

    Args:
        path: A folder, or a single file, which may have any name.
        cursor: The signatures of the files that were read before, by name; None if none was.

    Raises:
        UsageError: There is no such folder or file, or it cannot be read.
    """
    signatures = cursor or {}
    try:
        if path.is_dir():
            # Emacs names its automatic copies with "#" at both ends.
            names = sorted(
                item
                for item in path.iterdir()
                if not item.name.startswith((".", "#")) and not item.name.endswith(_UNFINISHED)
            )
            files = [file for item in names if (file := _regular_file(item)) is not None]
        else:
            file = _regular_file(path)
            if file is None:
                raise _unusable(path, path.exists())
            files = [file]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return [file for file in files if signatures.get(file.name) != file.signature]


def advance(cursor: Mapping[str, str] | None, file: FoundFile) -> dict[str, str]:
    """Returns the cursor after this file was read; store it together with the file's papers."""
    return {**(cursor or {}), file.name: file.signature}


def read_bounded(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Returns the content of a regular file of at most `limit` bytes.

    Raises:
        UsageError: There is no such file, it is not a regular file, or it cannot be read.
        InputError: The file is too large.
    """
    try:
        file = _regular_file(path)
        if file is None:
            raise _unusable(path, path.exists())
        if file.size <= limit:
            with path.open("rb") as stream:
                # The file may have grown since its size was read.
                data = stream.read(limit + 1)
            if len(data) <= limit:
                return data
            file = _regular_file(path) or file
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    raise InputError(f"too large: {file.size:,} bytes, where at most {limit:,} are read", file=path)


def _regular_file(path: Path) -> FoundFile | None:
    """Returns the regular file at this path, following links; None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        # It may have been removed since the folder was listed.
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a symbolic link that points to itself
            return None
        raise
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(
        path=path,
        # A name that is not UTF-8 could not be stored in the cursor, which is JSON.
        name=os.fsencode(path.name).decode("utf-8", "backslashreplace"),
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
        # Nanoseconds, because a file may change twice within a second.
        signature=f"{status.st_size}-{status.st_mtime_ns}",
    )


def _unusable(path: Path, exists: bool) -> UsageError:  # noqa: FBT001 - its name says it
    if exists:
        return UsageError(f"{path}: not a regular file; name a text file")
    return UsageError(f"{path}: no such file or folder")
