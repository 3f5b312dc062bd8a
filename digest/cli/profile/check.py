"""The `profile check` command."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from digest.cli.context import CliContext
from digest.cli.inputs import stored_papers
from digest.cli.output import exit_codes
from digest.cli.root import Command
from digest.core.models.editions import Candidate
from digest.core.text.plurals import count
from digest.errors import ProfileError, UsageError, located


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A problem of a profile, wherever it came from."""

    line: int | None
    column: int | None
    problem: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "problem": self.problem}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    file: Path
    problems: list[_Place] = field(default_factory=list)
    warnings: list[_Place] = field(default_factory=list)


@click.command("check", cls=Command)
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.pass_obj
def check(call: CliContext, *, files: tuple[Path, ...]) -> None:
    """Say what is wrong with profiles, and what is most likely not meant.

    Every problem and every warning has its file, line and column. Warned of are keywords that
    can never bring a paper, that repeat each other, or that find a third of the stored papers,
    if there is a home with some. Warnings leave the exit code at 0.

    \b
    JSON: {"profiles": [{"file", "ok", "problems": [{"line", "column", "problem"}],
    "warnings": [{"line", "column", "problem"}]}]}
    """
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    papers: list[Candidate] | None = None
    checked: list[_Checked] = []
    for path in files:
        problems = _problems(path)
        if problems:
            checked.append(_Checked(file=path, problems=problems))
            continue
        papers = stored_papers(call) if papers is None else papers
        checked.append(_Checked(file=path, warnings=_warnings(path, papers)))
    call.emit(
        {
            "profiles": [
                {
                    "file": item.file,
                    "ok": not item.problems,
                    "problems": [place.as_json() for place in item.problems],
                    "warnings": [place.as_json() for place in item.warnings],
                }
                for item in checked
            ]
        },
        (_words(item) for item in checked if not item.problems),
    )
    for item in checked:
        for place in item.warnings:
            call.warn(located(place.problem, str(item.file), place.line, place.column))
        for place in item.problems:
            exit_codes.error(located(place.problem, str(item.file), place.line, place.column))
    wrong = any(item.problems for item in checked)
    raise click.exceptions.Exit(exit_codes.WRONG if wrong else exit_codes.DONE)


def _problems(path: Path) -> list[_Place]:
    from digest.config.profiles import loader as profile_loader

    try:
        found = profile_loader.problems(profile_loader.read(path), path)
    except ProfileError as error:
        found = [error]
    return [_Place(line=item.line, column=item.column, problem=item.problem) for item in found]


def _warnings(path: Path, papers: Sequence[Candidate]) -> list[_Place]:
    from digest.config.profiles import lint as profile_lint
    from digest.config.profiles import loader as profile_loader

    found = profile_lint.warnings(profile_loader.read(path), papers)
    return [_Place(line=item.line, column=item.column, problem=item.text) for item in found]


def _words(item: _Checked) -> str:
    warned = f", with {count(len(item.warnings), 'warning')}" if item.warnings else ""
    return f"{item.file}: good{warned}"
