"""Where the tests keep their files: in memory, if there is enough.

SQLite waits for the disk at each commit, and PostgreSQL makes and removes hundreds of files. On a
disk, the tests that write to SQLite take half as long again.
"""

import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_SPACE = 2 << 30  # bytes; a PostgreSQL server uses 0.1 to 0.3 GB, the folders of the tests less


def folder_in_memory() -> Path | None:
    """Returns a folder in memory with space for the servers of all workers; None if there is none."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _SPACE else None


def keep_folders_in_memory() -> None:
    """Lets pytest make its temporary folders in memory, if programs can be run there."""
    folder = folder_in_memory()
    if folder is not None and not os.statvfs(folder).f_flag & os.ST_NOEXEC:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))
