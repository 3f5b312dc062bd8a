"""On a terminal a person sees addresses in full; what is kept in a file masks them."""

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from support.homes import House

from digest import logs
from digest.cli.context import CliContext

NOW = "2026-05-11T06:00:00Z"


def on_terminal(house: House, *args: str | Path, environ: dict[str, str] | None = None) -> str:
    """Runs a command with a terminal as its standard output and error; returns what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "--home", house.path, *args],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**house.whole_environ(), **(environ or {})},
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux reports the end of the other side as EIO
        while block := os.read(ours, 65536):
            shown += block
    os.close(ours)
    process.wait(timeout=120)
    return shown.decode()


def left(house: House) -> None:
    """Lets a reader with a profile file unsubscribe, so that each run warns of the file."""
    house.profile("ada")
    house.json("run", "--now", NOW)
    house.json("subscribers", "remove", "ada@example.org")


def test_warnings_and_reports_show_the_address_on_a_terminal_only(house: House) -> None:
    left(house)
    house.profile("bob")
    shown = on_terminal(house, "run", "--now", NOW)
    assert "ada.toml: ada@example.org has unsubscribed" in shown
    assert "bob@example.org (bob): none" in shown
    kept = house.digest("run", "--now", NOW)
    assert "ada.toml: ***@example.org has unsubscribed" in kept.err
    assert "***@example.org (bob): none" in kept.out
    assert "ada@" not in kept.out + kept.err


def test_json_lines_mask_addresses_on_a_terminal_too(house: House) -> None:
    left(house)
    shown = on_terminal(house, "run", "--now", NOW, environ={"DIGEST_LOG_FORMAT": "json"})
    (line,) = (line for line in shown.splitlines() if line.startswith("{"))
    assert "***@example.org has unsubscribed" in line
    assert "ada@" not in line


def test_an_example_in_an_error_is_not_masked_on_a_terminal(house: House) -> None:
    profile = house.profile("ada")
    shown = on_terminal(house, "subscribers", "add", "ada", "--profile", profile)
    assert 'exactly one "@", as in ada@example.org' in shown


def test_a_report_shows_no_secret_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    logs.redactor.add_secrets("open-sesame-0815")
    lines = CliContext().masked(["ada@example.org: open-sesame-0815"])
    assert list(lines) == ["ada@example.org: ***"]
