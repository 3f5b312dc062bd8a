"""Commands as a user who owns one folder and can write nothing else."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A new folder that others can reach: pytest closes its own to them."""
    with tempfile.TemporaryDirectory(prefix="paper-digest-tests-") as name:
        Path(name).chmod(0o755)
        home = Path(name, "home")
        home.mkdir()
        yield home


def as_nobody(folder: Path) -> list[str]:
    """What to put before a command; the folder becomes theirs.

    Where the tests run as root, whose own interpreter others may not reach, all that is kept is
    the right to read files and to look through folders.
    """
    if os.geteuid() != 0:
        return []  # whoever runs the tests is an unprivileged user already
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv to give up root's privileges with: apt install util-linux")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
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
