"""The `init` command."""

import secrets
from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.cli.timezone import local_zone


@click.command("init", cls=Command)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--email", metavar="ADDRESS", help="The first reader's address.")
@click.pass_obj
def command(call: CliContext, *, folder: Path | None, email: str | None) -> None:
    """Make a home: settings, sources, a first profile. Nothing is overwritten.

    \b
    JSON: {"home", "created": [...], "kept": [...]}
    """
    from digest.config.scaffold import init

    home = folder or call.home_path()[0]
    made = init(home, secret=secrets.token_urlsafe(32), email=email, timezone=local_zone())
    call.emit(
        {"home": home.resolve(), "created": made.created, "kept": made.kept},
        [
            *(f"made  {path}" for path in made.created),
            *(f"kept  {path}" for path in made.kept),
            "",
            "Next:",
            f"  1. name your mail server in {home / '.env'}",
            f"  2. say what you want to read in {home / 'profiles' / 'you.toml'}",
            f"  3. say where papers come from in {home / 'sources.toml'}",
            f"  4. see whether all is good: digest --home {home} doctor",
            f"  5. digest --home {home} run",
        ],
    )
