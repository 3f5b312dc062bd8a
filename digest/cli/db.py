"""The `db` command."""

import click

from digest.cli import stages
from digest.cli.call import Call
from digest.cli.group import Group


@click.group("db", cls=Group)
def command() -> None:
    """Look after the database."""


@command.command("check")
@click.pass_obj
def check(call: Call) -> None:
    """Say whether the database fits this program.

    \b
    JSON: {"state": "empty" | "current" | "older" | "newer", "current", "head"}
    """
    from digest.store import migrate

    with call.app() as app:
        found = migrate.check(app.settings.database_url)
    say = {
        "empty": "there is no schema yet; the first command that needs it makes it",
        "current": "it fits this program",
        "older": "it is older than this program; run: digest db upgrade",
        "newer": "it is newer than this program; upgrade the program",
    }
    call.emit(
        {"state": found.state, "current": found.current, "head": found.head},
        [f"database: {say[found.state]}"],
    )
    fits = found.state in ("empty", "current")
    raise click.exceptions.Exit(stages.DONE if fits else stages.WRONG)


@command.command("upgrade")
@click.pass_obj
def upgrade(call: Call) -> None:
    """Bring the database's schema to this program's version.

    \b
    JSON: {"applied": [revision, ...]}
    """
    from digest.store import migrate

    with call.app() as app:
        applied = migrate.upgrade(app.settings.database_url)
    call.emit(
        {"applied": applied},
        [f"applied {revision}" for revision in applied] or ["nothing to do: it fits this program"],
    )
