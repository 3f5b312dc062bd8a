"""How an example is tried, by its language: run, or judged by what will read it."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from digest.config import sources
from digest.config.channels import loader as channels
from digest.config.mailing_lists import loader as list_loader
from digest.config.profiles import loader as profile_loader
from digest.config.settings import loader as settings_loader
from digest.mail.theming import theme
from support.documentation.blocks import Block
from support.documentation.sandbox import Place

Trial = Callable[[Block, Place], None]


def try_out(block: Block, place: Place, *, slow: bool = False) -> None:
    """Tries a block as its language and marks ask.

    Raises:
        AssertionError: it does not do what the page says, or nothing says how to try it.
    """
    marks = block.marks
    for verb in ("not run", *(() if slow else ("slow",))):
        if verb in marks:
            assert len(marks[verb].split()) >= 3, f"{block.place}: say why it is not run"
            return
    if before := marks.get("before"):
        code, said = place.run(before)
        assert code == 0, f"{block.place}: {before}: {said}"
    if "input" in marks:
        _input(block, place)
    else:
        language = marks.get("as") or block.language
        assert language in TRIALS, (
            f"{block.place}: nothing says how a block of {language or 'no language'!r} is tried;"
            f" use one of {', '.join(TRIALS)}, or a mark of tests/support/documentation/blocks.py"
        )
        TRIALS[language](block, place)
    if not marks.keys().isdisjoint(("postgresql", "file", "append")):
        place.begin()
    if "postgresql" in marks:  # a setting in the environment goes before what the page wrote
        place.environ["DIGEST_DATABASE_URL"] = place.database_url()
    for verb in ("file", "append"):
        if verb in marks:
            path = place.here / marks[verb]
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w" if verb == "file" else "a", encoding="utf-8") as file:
                file.write(block.text if verb == "file" else f"\n{block.text}")


def commands(block: Block) -> list[str]:
    """What a reader types, a command a line; a continued line is one."""
    text = block.text.replace("\\\n", "")
    if block.language == "console":
        return [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _sh(block: Block, place: Place) -> None:
    code, said = place.run(block.text, until=block.marks.get("until", ""))
    expected = int(block.marks.get("exit", "0"))
    if "until" in block.marks and code == -signal.SIGTERM:
        code = 0  # it was told to end by that
    assert code == expected, f"{block.place}: exit code {code}, not {expected}\n{said}"
    assert block.marks.get("until", "") in said, f"{block.place}: {said}"


def _console(block: Block, place: Place) -> None:
    """Commands after `$ `, and what they say.

    `...` stands for anything on its line, and alone on a line for any lines.
    """
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        code, said = place.run(command, until=block.marks.get("until", ""))
        told = said.rstrip()
        assert re.fullmatch(_pattern(shown), told and f"{told}\n"), (
            f"{block.place}: {command}\nthe page shows:\n{shown}\nit says:\n{said}"
        )
        expected = int(block.marks.get("exit", "0"))
        assert code == expected, f"{block.place}: {command}: exit code {code}\n{said}"


def _pattern(shown: str) -> str:
    lines = [re.escape(line.rstrip()) for line in shown.rstrip().splitlines()]
    # Columns move with what is in them.
    spaced = [re.sub(r"(\\ )+", " +", line) for line in lines]
    return "".join(
        r"(?:.*\n)*" if line == r"\.\.\." else line.replace(r"\.\.\.", ".*") + r" *\n"
        for line in spaced
    )


def _toml(block: Block, place: Place) -> None:
    for sign, judge in (
        ("[[topics]]", _profile),
        ("[[lists]]", _lists),
        ("[[sources]]", _sources),
        ("[[channels]]", _channels),
        ("[light]", _theme),
    ):
        if sign in block.text:
            judge(block, place)
            return
    raise AssertionError(
        f"{block.place}: is it a profile, sources, channels or a theme? Mark it `as` one"
    )


def _profile(block: Block, _: Place) -> None:
    found = profile_loader.problems(block.text, block.place)
    assert not found, [str(error) for error in found]


def _sources(block: Block, place: Place) -> None:
    folder = _empty(place)
    (folder / "sources.toml").write_text(block.text, "utf-8")
    assert sources.load(folder), block.place


def _lists(block: Block, place: Place) -> None:
    folder = _empty(place)
    (folder / list_loader.FILE).write_text(block.text, "utf-8")
    assert list_loader.load(folder).lists, block.place


def _channels(block: Block, place: Place) -> None:
    folder = _empty(place)
    (folder / "channels.toml").write_text(block.text, "utf-8")
    assert channels.load(folder), block.place


def _theme(block: Block, place: Place) -> None:
    file = _empty(place) / "theme.toml"
    file.write_text(block.text, "utf-8")
    assert theme.read(file), block.place


def _env(block: Block, place: Place) -> None:
    folder = _empty(place)
    secret = "" if "DIGEST_SECRET=" in block.text else "DIGEST_SECRET=" + "x" * 32 + "\n"
    (folder / ".env").write_text(secret + block.text, "utf-8")
    assert settings_loader.load(folder, {}), block.place


def _ini(block: Block, place: Place) -> None:
    """Settings where it names some, else a unit of systemd."""
    (_env if "DIGEST_" in block.text and "[" not in block.text else _systemd)(block, place)


def _json(block: Block, _: Place) -> None:
    json.loads(block.text)


def _python(block: Block, place: Place) -> None:
    file = _empty(place) / "example.py"
    file.write_text(block.text, "utf-8")
    code, said = place.run(f"{place.python} {file}")
    assert code == 0, f"{block.place}: {said}"


def _input(block: Block, place: Place) -> None:
    file = _empty(place) / "example"
    file.write_text(block.text, "utf-8")
    code, said = place.run(f"digest parse --json {file}")
    assert code == 0, f"{block.place}: {said}"
    assert json.loads(said)["papers"], block.place


def _cron(block: Block, _: Place) -> None:
    for line in block.text.splitlines():
        if line.strip() and not line.startswith("#") and not re.match(r"\w+ *=", line):
            *when, command = line.split(maxsplit=5)
            assert all(re.fullmatch(r"[\d*/,a-z-]+", field) for field in when), block.place
            assert "digest" in command, block.place
            assert "%" not in command, f"{block.place}: cron takes % for a new line"


def _yaml(block: Block, _: Place) -> None:
    assert YAML(typ="safe").load(block.text), block.place


def _web_server(block: Block, _: Place) -> None:
    """What nginx and Caddy themselves say is in test_web_servers.py."""
    assert "127.0.0.1:8025" in block.text, f"{block.place}: not where the program listens"
    assert block.text.count("{") == block.text.count("}"), block.place


def _systemd(block: Block, place: Place) -> None:
    file = _empty(place) / "example.service"
    program = str(Path(sys.executable).parent / "digest")
    file.write_text(block.text.replace("/opt/paper-digest/bin/digest", program), "utf-8")
    verify_units([file])


def verify_units(files: list[Path]) -> None:
    """Asks systemd what it does not understand; skips where there is none."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze to verify units with: apt install systemd")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, files)],
        check=False,
        capture_output=True,
        text=True,
    )
    told = [line for line in done.stderr.splitlines() if any(file.name in line for file in files)]
    assert told == [], done.stderr


def _empty(place: Place) -> Path:
    """A folder for what is judged and not kept."""
    folder = place.state / "judged"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


TRIALS: Mapping[str, Trial] = {
    "sh": _sh,
    "console": _console,
    "python": _python,
    "toml": _toml,
    "json": _json,
    "yaml": _yaml,
    "dotenv": _env,
    "cron": _cron,
    "systemd": _systemd,
    "ini": _ini,
    "nginx": _web_server,
    "caddy": _web_server,
}
