"""The time zone of this machine."""

import os
from pathlib import Path


def local_zone() -> str:
    """The machine's zone where it can be told, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named if "/" in named else "UTC"
    link = Path("/etc/localtime")
    target = link.readlink().as_posix() if link.is_symlink() else ""
    return target.partition("zoneinfo/")[2] or "UTC"
