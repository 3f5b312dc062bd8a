import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import working_tree

pytestmark = pytest.mark.slow  # each test starts pytest

CONFTEST = f"""
import sys
sys.path.insert(0, {str(Path(working_tree.__file__).parents[1])!r})
from support.working_tree import pytest_sessionfinish, pytest_sessionstart, pytest_terminal_summary
"""
TEST = """
from pathlib import Path

def test_that_writes():
    Path("stray-{name}.txt").write_text("something")

def test_that_does_not():
    pass
"""


def run(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # most of the time of a start
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, "utf-8")
    (tmp_path / "test_it.py").write_text(TEST.format(name="a"), "utf-8")
    return tmp_path


def checkout(folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".gitignore").write_text("__pycache__/\n*.log\n", "utf-8")


def test_a_session_that_leaves_a_file_fails_and_names_it(project: Path) -> None:
    checkout(project)
    code, out = run(project)
    assert code == pytest.ExitCode.TESTS_FAILED, out
    assert "2 passed" in out
    assert "left these files in the working tree:\n  stray-a.txt" in out


def test_a_worker_leaves_the_check_to_the_controller(project: Path) -> None:
    checkout(project)
    with (project / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write("def pytest_configure(config):\n    config.workerinput = {}\n")
    code, _ = run(project)
    assert code == 0
    assert (project / "stray-a.txt").exists()


def test_files_that_were_there_or_are_ignored_do_not_count(project: Path) -> None:
    checkout(project)
    (project / "stray-a.txt").write_text("an untracked file of the developer", "utf-8")
    (project / "test_it.py").write_text(TEST.format(name="a").replace("something", "other"))
    (project / "test_log.py").write_text(TEST.replace(".txt", ".log").format(name="b"), "utf-8")
    code, out = run(project)
    assert code == 0, out
    assert "working tree" not in out


def test_outside_a_checkout_the_session_says_that_it_did_not_check(project: Path) -> None:
    code, out = run(project)
    assert code == 0, out
    assert "working tree: not checked" in out
