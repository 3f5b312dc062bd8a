"""Opens the export of another program: a CSV file, or a zip with several."""

import io
import zipfile
from pathlib import Path

from msgspec import Struct

from digest.core.subscribers.list_status import ListStatus, status_of_file
from digest.errors import InputError

MAX_FILES = 50
MAX_BYTES = 200_000_000
"""Of all files in a zip together, unpacked."""


class ListFile(Struct, frozen=True, kw_only=True):
    """One CSV file."""

    name: Path  # for messages; inside a zip, below its path
    data: bytes
    status: ListStatus | None  # of all rows, by the name of the file; None: the rows say it


def open_export(path: Path, data: bytes) -> list[ListFile]:
    """Returns the CSV files of an export.

    Args:
        path: of the file; the names of profiles in it are relative to its folder.
        data: its content.

    Raises:
        InputError: it is a zip that cannot be read, or has no CSV file.
    """
    if not data.startswith(b"PK\x03\x04"):
        return [ListFile(name=path, data=data, status=status_of_file(path.name))]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
            if not infos:
                raise InputError("the zip has no CSV file", file=path)
            if len(infos) > MAX_FILES:
                raise InputError(f"the zip has more than {MAX_FILES} CSV files", file=path)
            return _files(archive, infos, path)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"the zip cannot be read: {error}", file=path) from None


def _files(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], path: Path) -> list[ListFile]:
    files: list[ListFile] = []
    room = MAX_BYTES
    for info in infos:
        # The size in the directory may be a lie, so what is unpacked is counted.
        with archive.open(info) as stream:
            data = stream.read(room + 1)
        room -= len(data)
        if room < 0:
            raise InputError(f"the zip unpacks to more than {MAX_BYTES:,} bytes", file=path)
        name = Path(info.filename).name
        files.append(ListFile(name=path / name, data=data, status=status_of_file(name)))
    return files
