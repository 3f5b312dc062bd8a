"""On a terminal a person sees addresses in full; what is kept in a file masks them."""

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from support.homes import DigestHome

from digest import logs
from digest.cli.context import CliContext

NOW = "2026-05-11T06:00:00Z"


def on_terminal(
    digest_home: DigestHome, *args: str | Path, environ: dict[str, str] | None = None
) -> str:
    """Runs a command with a terminal as its standard output and error; returns what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "--home", digest_home.path, *args],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**digest_home.whole_environ(), **(environ or {})},
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # Linux reports the end of the other side as EIO
        while block := os.read(ours, 65536):
            shown += block
    os.close(ours)
    process.wait(timeout=120)
    return shown.decode()


def left(digest_home: DigestHome) -> None:
    """Lets a reader with a profile file unsubscribe, so that each run warns of the file."""
    digest_home.profile("ada")
    digest_home.json("run", "--now", NOW)
    digest_home.json("subscribers", "remove", "ada@example.org")


def test_warnings_and_reports_show_the_address_on_a_terminal_only(digest_home: DigestHome) -> None:
    left(digest_home)
    digest_home.profile("bob")
    shown = on_terminal(digest_home, "run", "--now", NOW)
    assert "ada.toml: ada@example.org has unsubscribed" in shown
    assert "bob@example.org (bob): none" in shown
    kept = digest_home.digest("run", "--now", NOW)
    assert "ada.toml: ***@example.org has unsubscribed" in kept.err
    assert "***@example.org (bob): none" in kept.out
    assert "ada@" not in kept.out + kept.err


def test_json_lines_mask_addresses_on_a_terminal_too(digest_home: DigestHome) -> None:
    left(digest_home)
    shown = on_terminal(digest_home, "run", "--now", NOW, environ={"DIGEST_LOG_FORMAT": "json"})
    (line,) = (line for line in shown.splitlines() if line.startswith("{"))
    assert "***@example.org has unsubscribed" in line
    assert "ada@" not in line


def test_an_example_in_an_error_is_not_masked_on_a_terminal(digest_home: DigestHome) -> None:
    profile = digest_home.profile("ada")
    shown = on_terminal(digest_home, "subscribers", "add", "ada", "--profile", profile)
    assert 'exactly one "@", as in ada@example.org' in shown


def test_a_report_shows_no_secret_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    logs.redactor.add_secrets("open-sesame-0815")
    lines = CliContext().masked(["ada@example.org: open-sesame-0815"])
    assert list(lines) == ["ada@example.org: ***"]
