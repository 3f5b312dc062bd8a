"""The systemd units: understood by systemd, closed, and good for a user without privileges."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from support.documentation.trials import verify_units
from support.homes import DigestHome
from support.processes.unprivileged import NOBODY, as_nobody, installed, reachable_folder

UNITS = sorted((Path(__file__).resolve().parents[3] / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
PROGRAM = "/opt/paper-digest/bin/digest"
HOME = "/var/lib/paper-digest"


def read(unit: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.read_text("utf-8"))
    return parser


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS:  # whose program is looked for, too
        text = unit.read_text("utf-8").replace(PROGRAM, str(installed("digest")))
        (tmp_path / unit.name).write_text(text, "utf-8")
    verify_units([tmp_path / unit.name for unit in UNITS])


def test_a_line_that_systemd_does_not_know_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.service"
    wrong.write_text(f"[Service]\nExecStart={sys.executable}\nNoNewPrivilege=yes\n", "utf-8")
    with pytest.raises(AssertionError, match="NoNewPrivilege"):
        verify_units([wrong])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_closed_but_for_its_folder_and_the_network(unit: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze to judge units with: apt install systemd")
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--no-pager",
            "--threshold=20",
            str(unit),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("systemd is older than 250 and judges installed units alone")
    assert done.returncode == 0, done.stdout[-2000:]  # exposure 2.0 of 10 at most


def test_both_services_have_the_same_limits() -> None:
    first, second = (dict(read(unit)["Service"]) for unit in SERVICES)
    own = {"Type", "ExecStart", "TimeoutStartSec", "Restart", "RestartSec", "KillSignal"}
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }
    assert first["User"] != "root"


@pytest.fixture
def theirs() -> Iterator[DigestHome]:
    """A home like that of the units, for somebody without privileges."""
    with reachable_folder() as folder:
        digest_home = DigestHome(folder)
        digest_home.digest("init", folder)
        (folder / "profiles" / "you.toml").unlink()
        digest_home.profile("ada")
        (folder / ".env").write_text(
            "DIGEST_FROM=digest@example.org\nDIGEST_DELIVERY=maildir:mail\nDIGEST_ENRICH=off\n"
        )
        yield digest_home


def command(unit: Path, digest_home: DigestHome) -> list[str]:
    """Its ExecStart line, over this home."""
    line = read(unit)["Service"]["ExecStart"]
    assert line.startswith(PROGRAM)
    line = line.replace(PROGRAM, str(installed("digest"))).replace(HOME, str(digest_home.path))
    return [*as_nobody(digest_home.path), "env", "-i", "PATH=/usr/bin:/bin", *shlex.split(line)]


def arrived(digest_home: DigestHome) -> int:
    return len(list((digest_home.path / "mail" / "new").glob("*")))


def test_the_timers_run_delivers_for_a_user_without_privileges(
    theirs: DigestHome, samples: list[Path]
) -> None:
    theirs.dump(samples[0])
    (run,) = (unit for unit in SERVICES if "run" in unit.name)
    done = subprocess.run(command(run, theirs), check=False, capture_output=True, text=True)
    assert (done.returncode, arrived(theirs)) == (0, 1), done.stderr
    assert owners(theirs.path) == {NOBODY if os.geteuid() == 0 else os.geteuid()}


def test_the_service_delivers_and_stops_when_told(theirs: DigestHome, samples: list[Path]) -> None:
    theirs.dump(samples[0])
    (service,) = (unit for unit in SERVICES if "run" not in unit.name)
    program = subprocess.Popen(
        command(service, theirs), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert program.stderr is not None
    output = ""
    for line in program.stderr:
        output += line
        if re.search(r"\b1 sent\b|\"sent\": 1", line):
            break
    program.send_signal(signal.SIGTERM)
    rest = program.communicate(timeout=120)[1]
    assert (program.returncode, arrived(theirs)) == (0, 1), output + rest
    assert owners(theirs.path) == {NOBODY if os.geteuid() == 0 else os.geteuid()}


def owners(folder: Path) -> set[int]:
    return {path.stat().st_uid for path in (folder, *folder.rglob("*"))}
