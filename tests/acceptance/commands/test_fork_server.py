"""The `digest` of the page examples, which runs in a forked process, behaves as the real one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.homes import DigestHome, run_digest
from support.processes.fork_server import fork_server

REAL = Path(sys.executable).parent / "digest"


@pytest.fixture
def forked(tmp_path: Path) -> Path:
    fork_server().install(tmp_path)
    return tmp_path / "digest"


def test_it_gives_the_same_output_and_exit_code(bare_home: DigestHome, forked: Path) -> None:
    bare_home.json("collect")
    for arguments in (["--version"], ["status"], ["--json", "status"], ["statsu"], ["explain"]):
        answers = [
            subprocess.run(
                [program, *arguments],
                capture_output=True,
                check=False,
                cwd=bare_home.path,
                env=bare_home.whole_environ(),
            )
            for program in (forked, REAL)
        ]
        one, other = [(done.returncode, done.stdout, done.stderr) for done in answers]
        assert one == other


def test_commands_in_one_process_answer_as_each_in_its_own(bare_home: DigestHome) -> None:
    bare_home.json("collect")
    settings = {"DIGEST_LOG_FORMAT": "json", "DIGEST_SECRET": "collect" * 5}
    (bare_home.path / ".env").write_text("DIGEST_LOG_LEVEL=debug\n", "utf-8")
    commands = (["--version"], ["status"], ["--json", "status"], ["statsu"], ["explain"], ["lists"])
    together = bare_home.digest_successively(*commands, environ=settings)
    assert together == [bare_home.digest(*command, environ=settings) for command in commands]


def test_new_files_have_the_permissions_that_the_caller_allows(
    tmp_path: Path, forked: Path
) -> None:
    found = []
    for program in (forked, REAL):
        home = tmp_path / program.parent.name
        script = f"umask 007; {program} init {home}"
        subprocess.run(["sh", "-c", script], check=True, capture_output=True)
        modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
        found.append(modes)
    assert found[0] == found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_the_command_too(bare_home: DigestHome, forked: Path, number: int) -> None:
    environ = {"DIGEST_DELIVERY": "maildir:mail", "DIGEST_FROM": "digest@example.org"}
    with subprocess.Popen(
        [forked, "schedule"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=bare_home.path,
        env={**bare_home.whole_environ(), **environ},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()  # it is at work
        command_line = Path(f"/proc/{process.pid}/cmdline")
        if command_line.exists():  # it has not become the real program
            assert b"\0-IS\0" in command_line.read_bytes()
        os.kill(process.pid, number)
        process.stdout.read()  # until the command, which writes to the same pipe, has ended
    assert process.returncode == (0 if number == signal.SIGTERM else -number)


def test_a_command_knows_nothing_of_the_home_that_filled_the_caches(tmp_path: Path) -> None:
    check = "from digest.logs import Redactor, redactor\nassert vars(redactor) == vars(Redactor())"
    answer = run_digest("--version", cwd=tmp_path, patch=check)
    assert (answer.code, answer.err) == (0, "")
