"""Commands as a user who owns one folder and can write nothing else."""

import os
import shutil
import sys
from pathlib import Path

import pytest

NOBODY = 65534


def as_nobody(folder: Path) -> list[str]:
    """What to put before a command; the folder becomes theirs.

    Where the tests run as root, whose own interpreter others may not reach, all that is kept is
    the right to read files.
    """
    if os.geteuid() != 0:
        return []  # whoever runs the tests is an unprivileged user already
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv to give up root's privileges with: apt install util-linux")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for parent in folder.parents:
        if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o111)  # pytest's own folders
    kept = "-all,+dac_read_search"
    return [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--no-new-privs",
        f"--inh-caps={kept}",
        f"--ambient-caps={kept}",
        f"--bounding-set={kept}",
    ]


def installed(name: str) -> Path:
    """A program beside the interpreter that runs the tests."""
    return Path(sys.executable).parent / name
