"""`digest init`: creates a home."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.cli.timezone import local_zone


@click.command("init", cls=Command)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--email", metavar="ADDRESS", help="The address of the first reader.")
@click.pass_obj
def command(context: CliContext, *, folder: Path | None, email: str | None) -> None:
    """Create a home: settings, sources and a first profile. No file is overwritten.

    \b
    JSON: {"home", "created": [...], "kept": [...]}
    """
    import secrets

    from digest.config.scaffold import init

    home = folder or context.home_path()[0]
    result = init(home, secret=secrets.token_urlsafe(32), email=email, timezone=local_zone())
    context.emit(
        {"home": home.resolve(), "created": result.created, "kept": result.kept},
        [
            *(f"made  {path}" for path in result.created),
            *(f"kept  {path}" for path in result.kept),
            "",
            "Next:",
            f"  1. write your mail server into {home / '.env'}",
            f"  2. write what you want to read into {home / 'profiles' / 'you.toml'}",
            f"  3. choose the sources of papers in {home / 'sources.toml'}",
            f"  4. check the home: digest --home {home} doctor",
            f"  5. collect, and send the first digest: digest --home {home} run",
        ],
    )
