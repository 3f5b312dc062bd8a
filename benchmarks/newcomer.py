"""A newcomer's way: docs/tutorial.md from its first command to a digest on a schedule.

    python benchmarks/newcomer.py

Follows the page literally, in a copy of the repository, with an environment and a home that it
makes; only the mail server and the sites are on loopback, and `crontab` is a file whose line is
run as cron runs it. Prints each command with its seconds, how many there were, how many files
were written, and the minutes in all: with two minutes for each file, to write it.
"""

import re
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.documentation.blocks import Block, blocks  # noqa: E402 - from the folder above
from support.documentation.sandbox import Place, place  # noqa: E402 - as above
from support.documentation.trials import commands, try_out  # noqa: E402 - as above

PAGE = ROOT / "docs" / "tutorial.md"
WRITING = 2.0  # minutes that a person takes for a file: generous, for a few lines
_SHIPPED = ("digest", "jobs", "templates", "pyproject.toml", "README.md", "LICENSE")


def typed(block: Block) -> list[str]:
    """The commands that a reader types for this block."""
    run = block.language in ("sh", "console") and "not run" not in block.marks
    return commands(block) if run else []


def written(block: Block) -> bool:
    """Whether the reader writes a file, or a part of one."""
    return "file" in block.marks or "append" in block.marks


def minutes(seconds: float, files: int) -> float:
    """What the whole way takes."""
    return seconds / 60 + files * WRITING


def main() -> int:
    """Walks the way; returns 0 if it ended in a digest that came on a schedule."""
    steps = blocks(PAGE)
    with (
        tempfile.TemporaryDirectory(prefix="newcomer-") as name,
        place(Path(name), "empty") as here,
    ):
        for item in _SHIPPED:
            path = ROOT / item
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, here.folder / item)
        # Nothing but what the page installs: the tests' own programs are out of sight.
        here.environ["PATH"] = _without_ours(here.environ["PATH"])
        begun = time.monotonic()
        for step in steps:
            _walk(step, here)
        before = len(here.received)
        ran = here.cron()
        seconds = time.monotonic() - begun
        arrived = len(here.received) - before
    print(f"cron: exit code {ran[0][0]} {ran[0][1].strip()}".rstrip())
    files = sum(map(written, steps))
    count = sum(len(typed(step)) for step in steps)
    print(
        f"{count} commands, {files} files, {seconds:.0f} s; with {WRITING:g} minutes to write"
        f" each file {minutes(seconds, files):.0f} minutes; digests that cron brought: {arrived}"
    )
    match = re.search(r"\*\*(\d+) commands,", PAGE.read_text("utf-8"))
    if match is None or int(match[1]) != count:
        print(f"docs/tutorial.md does not say {count} commands")
        return 1
    return 0 if arrived == 1 and all(code == 0 for code, _ in ran) else 1


def _walk(step: Block, here: Place) -> None:
    marks = {verb: rest for verb, rest in step.marks.items() if verb != "slow"}
    begun = time.monotonic()
    try_out(replace(step, marks=marks), here)
    for command in typed(step):
        print(f"  {command}")
    if typed(step):
        print(f"{time.monotonic() - begun:6.1f} s")


def _without_ours(path: str) -> str:
    ours = str(Path(sys.executable).parent)
    return ":".join(part for part in path.split(":") if part != ours)


if __name__ == "__main__":
    sys.exit(main())
