"""The examples of the pages: where each is, and how it says that it is to be tried.

A block between fences is tried by what its language is (`doc_trial.TRIALS`). Comments right
before it, which readers of the page do not see, say what is different about it:

    <!-- test: file PATH -->        what it shows is written there, after it was checked
    <!-- test: append PATH -->      the same, at the end of the file
    <!-- test: as KIND -->          it is tried as this language or kind
    <!-- test: input -->            it is a file that `digest parse` reads without a complaint
    <!-- test: before COMMAND -->   run first, to set the scene
    <!-- test: exit N -->           it ends with this exit code
    <!-- test: until TEXT -->       it runs on; once it says this it is told to stop
    <!-- test: slow: REASON -->     run by benchmarks/newcomer.py alone
    <!-- test: postgresql -->       from here on a PostgreSQL of the tests is the database
    <!-- test: not run: REASON -->  not tried, and why

`<!-- test: begin KIND -->`, anywhere, says where the page's commands run: see `doc_place`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CODE_OF_CONDUCT.md",
    ROOT / "RELEASING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
VERBS = (
    "file",
    "append",
    "as",
    "input",
    "before",
    "exit",
    "until",
    "postgresql",
    "slow",
    "not run",
)

_FENCE = re.compile(r"( *)(`{3,}|~{3,}) *([\w-]*) *")
_MARK = re.compile(r" *<!-- test: (.+?) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What is between two fences."""

    page: Path
    line: int  # of its first line, from 1
    language: str
    text: str
    marks: dict[str, str]  # verb -> the rest

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    return list(_blocks(page))


def begin(page: Path) -> str:
    """Where the page's commands run; a home unless it says something else."""
    found = re.search(r"^<!-- test: begin (\w+) -->$", page.read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "home"


def _blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text("utf-8").splitlines()
    marks: dict[str, str] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if mark := _MARK.fullmatch(line):
            verb, rest = _verb(mark[1], f"{page}:{index}")
            if verb != "begin":
                marks[verb] = rest
        elif fence := _FENCE.fullmatch(line):
            indent, ticks, language = fence.groups()
            start = index
            while lines[index].strip() != ticks:
                index += 1
            text = "".join(f"{inside.removeprefix(indent)}\n" for inside in lines[start:index])
            index += 1
            yield Block(page=page, line=start + 1, language=language, text=text, marks=marks)
            marks = {}
        else:
            assert not marks or not line.strip(), f"{page}:{index}: a mark must precede a block"


def _verb(said: str, place: str) -> tuple[str, str]:
    for verb in ("begin", *VERBS):
        if said == verb or said.startswith((f"{verb} ", f"{verb}:")):
            return verb, said[len(verb) :].lstrip(": ")
    raise AssertionError(
        f"{place}: unknown mark {said!r}; see tests/support/documentation/blocks.py"
    )
