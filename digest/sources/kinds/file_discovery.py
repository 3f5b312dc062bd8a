"""Dumps on disk: which files are new or changed, and their bytes."""

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digest.errors import InputError, UsageError

MAX_BYTES = 32 * 2**20  # a real dump has about 0.15 MB

_UNFINISHED = ("~", ".bak", ".crdownload", ".part", ".swp", ".tmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file that is new or has changed since the last look."""

    path: Path
    name: str  # its key in the cursor
    modified: datetime  # aware, UTC
    size: int  # bytes
    signature: str  # changes when the file does: size and modification time


def find_files(path: Path, *, cursor: Mapping[str, str] | None) -> list[FoundFile]:
    """The new and changed regular files of a folder in the order of their names, or one file.

    Hidden files and those that an editor or a download has not finished are passed over
    (`~`, .bak, .crdownload, .part, .swp, .tmp); subfolders are not entered.

    Args:
        path: a folder, or a single file, which is taken whatever its name.
        cursor: the signatures of the files read before, by name; None: none was.

    Raises:
        UsageError: there is no such folder or file, or it cannot be read.
    """
    known = cursor or {}
    try:
        if path.is_dir():
            names = sorted(
                item
                for item in path.iterdir()
                if not item.name.startswith((".", "#")) and not item.name.endswith(_UNFINISHED)
            )
            found = [file for item in names if (file := _found(item)) is not None]
        else:
            file = _found(path)
            if file is None:
                raise _unusable(path, path.exists())
            found = [file]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return [file for file in found if known.get(file.name) != file.signature]


def advance(cursor: Mapping[str, str] | None, file: FoundFile) -> dict[str, str]:
    """The cursor after this file was read; to be stored together with what it brought."""
    return {**(cursor or {}), file.name: file.signature}


def read_bounded(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises:
        UsageError: there is no such file, it is no regular file, or it cannot be read.
        InputError: it is too large; it was not read.
    """
    try:
        file = _found(path)
        if file is None:
            raise _unusable(path, path.exists())
        if file.size <= limit:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)  # it may have grown in between
            if len(data) <= limit:
                return data
            file = _found(path) or file
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    raise InputError(f"too large: {file.size:,} bytes, where at most {limit:,} are read", file=path)


def _found(path: Path) -> FoundFile | None:
    """The regular file at this path, links followed; None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None  # or it has just gone
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link that leads to itself
            return None
        raise
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(
        path=path,
        # Bytes that are no text would not come back from the cursor as they were.
        name=os.fsencode(path.name).decode("utf-8", "backslashreplace"),
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
        signature=f"{status.st_size}-{status.st_mtime_ns}",
    )


def _unusable(path: Path, exists: bool) -> UsageError:  # noqa: FBT001 - said by its name
    if exists:
        return UsageError(f"{path}: not a regular file; name a text file")
    return UsageError(f"{path}: no such file or folder")
