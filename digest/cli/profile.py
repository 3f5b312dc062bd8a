"""The `profile` command."""

from pathlib import Path

import click

from digest.cli import stages
from digest.cli.call import Call
from digest.cli.group import Group
from digest.errors import UsageError


@click.group("profile", cls=Group)
def command() -> None:
    """Work on profiles."""


@command.command("check")
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.pass_obj
def check(call: Call, *, files: tuple[Path, ...]) -> None:
    """Say what is wrong with profiles, with file, line and column.

    \b
    JSON: {"profiles": [{"file", "ok", "problems": [{"line", "column", "problem"}]}]}
    """
    from digest.config import profiles
    from digest.errors import ProfileError

    found: dict[Path, list[ProfileError]] = {}
    for path in files:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
        try:
            found[path] = profiles.problems(profiles.read(path), path)
        except ProfileError as error:
            found[path] = [error]
    call.emit(
        {
            "profiles": [
                {
                    "file": path,
                    "ok": not errors,
                    "problems": [
                        {"line": item.line, "column": item.column, "problem": item.problem}
                        for item in errors
                    ],
                }
                for path, errors in found.items()
            ]
        },
        (f"{path}: good" for path, errors in found.items() if not errors),
    )
    for errors in found.values():
        for item in errors:
            stages.error(str(item))
    raise click.exceptions.Exit(stages.WRONG if any(found.values()) else stages.DONE)
