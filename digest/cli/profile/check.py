"""`digest profile check`: finds mistakes in profiles."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, field

from digest.cli.context import CliContext
from digest.cli.inputs import home_profiles, ranking_models, read_store
from digest.cli.output import exit_codes
from digest.cli.profile import report_output
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import ProfileError, UsageError, located

if TYPE_CHECKING:
    from digest.core.models.editions import Candidate
    from digest.core.profiles.keyword_report import ProfileReport
    from digest.pipeline.publishing.profile_report import LatePapers


class _Finding(Struct, frozen=True, kw_only=True):
    """A problem or a warning, with its place in the profile file."""

    line: int | None
    column: int | None
    problem: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "problem": self.problem}


class _CheckedProfile(Struct, frozen=True, kw_only=True):
    file: Path
    problems: list[_Finding] = field(default_factory=list)
    warnings: list[_Finding] = field(default_factory=list)
    report: "ProfileReport | None" = None


@click.command("check", cls=Command)
@click.argument("files", metavar="[FILE...]", type=click.Path(path_type=Path), nargs=-1)
@click.pass_obj
def check(context: CliContext, *, files: tuple[Path, ...]) -> None:
    """Find mistakes in profiles, and show what each keyword finds.

    Without FILE, all profiles of the home are checked. Each problem and each warning names the file, line and column. There are warnings about
    keywords that can never find a paper, that repeat each other, or that find a third of the
    stored papers (if there is a home with papers). The exit code is 0 if there are only warnings.

    If it is a single profile, there is a report: the forms that each keyword finds, in how many papers of the last 30 days it was found and how many of them match, the papers just below min_match, and words that the best papers have in common.

    \b
    JSON: {"profiles": [{"file", "ok", "problems": [{"line", "column", "problem"}],
    "warnings": [{"line", "column", "problem"}], "report": null | {"days", "papers",
    "matched", "min_match", "keywords": [{"topic", "keyword", "lemmas", "other_forms",
    "abbreviations", "rare_words", "near", "papers", "matched"}], "near_misses": [as in rank],
    "suggestions": [{"topic", "keyword", "papers"}]}}]}
    """
    from digest.pipeline.publishing.profile_report import LatePapers, late_papers

    files = files or tuple(home_profiles(context))
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    papers: LatePapers | None = None
    checked: list[_CheckedProfile] = []
    for path in files:
        problems = _problems(path)
        if problems:
            checked.append(_CheckedProfile(file=path, problems=problems))
            continue
        # Read once, and only if needed: there may be many.
        if papers is None:
            papers = read_store(
                context, partial(late_papers, now=context.moment()), otherwise=LatePapers()
            )
        checked.append(
            _CheckedProfile(
                file=path,
                warnings=_warnings(path, papers.newest),
                report=_report(context, path, papers) if len(files) == 1 else None,
            )
        )
    context.emit(
        {
            "profiles": [
                {
                    "file": item.file,
                    "ok": not item.problems,
                    "problems": [place.as_json() for place in item.problems],
                    "warnings": [place.as_json() for place in item.warnings],
                    "report": item.report and report_output.as_json(item.report),
                }
                for item in checked
            ]
        },
        (line for item in checked if not item.problems for line in _lines(item)),
    )
    for item in checked:
        for finding in item.warnings:
            context.warn(located(finding.problem, str(item.file), finding.line, finding.column))
        for finding in item.problems:
            exit_codes.error(located(finding.problem, str(item.file), finding.line, finding.column))
    any_wrong = any(item.problems for item in checked)
    raise click.exceptions.Exit(exit_codes.WRONG_USAGE if any_wrong else exit_codes.DONE)


def _problems(path: Path) -> list[_Finding]:
    from digest.config.profiles import loader as profile_loader
    from digest.pipeline.subscribers import reading_lists

    try:
        text = profile_loader.read(path)
        errors = profile_loader.problems(text, path) or reading_lists.problems(text, path)
    except ProfileError as error:
        errors = [error]
    return [_Finding(line=item.line, column=item.column, problem=item.problem) for item in errors]


def _warnings(path: Path, papers: Sequence["Candidate"]) -> list[_Finding]:
    from digest.config.profiles import lint as profile_lint
    from digest.config.profiles import loader as profile_loader

    warnings = profile_lint.warnings(profile_loader.read(path), papers)
    return [_Finding(line=item.line, column=item.column, problem=item.text) for item in warnings]


def _report(context: CliContext, path: Path, papers: "LatePapers") -> "ProfileReport":
    from digest.config.profiles import loader as profile_loader
    from digest.pipeline.publishing.profile_report import profile_report

    profile = profile_loader.parse(profile_loader.read(path), file=path).profile
    return profile_report(profile, papers, models=ranking_models(context))


def _lines(item: _CheckedProfile) -> Iterator[str]:
    suffix = f", with {count(len(item.warnings), 'warning')}" if item.warnings else ""
    yield f"{item.file}: good{suffix}"
    if item.report is not None:
        yield from report_output.lines(item.report)
