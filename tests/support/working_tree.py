"""Fails a test session that leaves a file in the working tree.

`tests/conftest.py` imports the hooks. They run in the controller process only: the workers of
pytest-xdist share its working tree.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_before = pytest.StashKey[set[str] | None]()
_left = pytest.StashKey[list[str]]()


def untracked(folder: Path) -> set[str] | None:
    """Paths of the untracked files that git does not ignore; None outside a git checkout."""
    try:
        done = subprocess.run(
            ["git", "status", "--porcelain", "-z", "--untracked-files=all"],
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:  # git is not installed
        return None
    if done.returncode != 0:
        return None
    lines = done.stdout.decode("utf-8", "backslashreplace").split("\0")
    return {line[3:] for line in lines if line.startswith("?? ")}


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.stash[_before] = untracked(session.config.rootpath)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    before = session.config.stash.get(_before, None)
    after = untracked(session.config.rootpath) if before is not None else None
    if before is None or after is None:
        return
    left = sorted(after - before)
    session.config.stash[_left] = left
    if left and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in summary(terminalreporter.config):
        terminalreporter.write_line(line, red=True)


def summary(config: pytest.Config) -> Iterator[str]:
    if config.stash.get(_before, None) is None:
        yield "working tree: not checked for files that tests left: this is not a git checkout"
    elif left := config.stash.get(_left, []):
        yield "FAILED: the test session left these files in the working tree:"
        yield from (f"  {name}" for name in left)
