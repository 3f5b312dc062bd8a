"""The process of a command ends at once, and leaves nothing undone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIRST = "import sys; from digest.cli import main; sys.argv = ['digest', '--version']\n"
# Output is written at the end only.
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """Runs the command `digest --version` after this code, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", f"{FIRST}{code}\nmain()"],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRON,
    )


def test_all_output_is_written_and_the_exit_code_is_that_of_the_command() -> None:
    done = ended("print('before ' * 20_000)")
    assert done.stdout.startswith("before ")
    assert "digest, version" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert ended("sys.argv = ['digest', '--no-such-option']").returncode == 2


def test_what_was_registered_for_the_exit_is_done_and_its_output_is_written(tmp_path: Path) -> None:
    file = tmp_path / "left"
    code = f"import atexit, pathlib; atexit.register(pathlib.Path({str(file)!r}).write_text, 'x')\n"
    done = ended(code + "atexit.register(print, 'at the exit')")
    assert file.read_text() == "x"
    assert done.stdout.splitlines()[-1] == "at the exit"


@pytest.mark.parametrize("daemon", [False, True])
def test_a_thread_is_waited_for_unless_it_is_a_daemon(*, daemon: bool) -> None:
    code = (
        "import threading, time\n"
        "def slow(): time.sleep(0.5); print('done')\n"
        f"threading.Thread(target=slow, daemon={daemon}).start()"
    )
    assert ("done" in ended(code).stdout) != daemon


def test_a_reader_that_has_gone_is_reported_without_a_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"{FIRST}sys.stdin.read(); main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRON,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.close()
        errors = process.stderr.read()
    assert process.returncode != 0
    assert b"Traceback" not in errors


def test_a_closed_standard_output_is_no_error() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m digest --version >&-"], capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
