"""The `db` command."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli import stages, words
from digest.cli.call import Call
from digest.cli.group import Group

if TYPE_CHECKING:
    from digest.store.restore import Restored


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


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="FILE is a folder: write a dated file into it, and keep the newest N.",
)
@click.pass_obj
def backup(call: Call, *, file: Path, force: bool, keep: int | None) -> None:
    """Write a copy of the database, while it is in use: a SQLite file, whichever it is.

    The copy is one snapshot, checked before it gets its name, and readable by you alone. Not in
    it: .env with DIGEST_SECRET, sources.toml, profiles/. FILE may be a folder that is there; then
    the file in it is named by the moment.

    \b
    JSON: {"file", "revision", "taken_at", "rows": {table: number}, "removed": [file, ...]}
    """
    from digest.errors import UsageError
    from digest.store import backup as store

    folder = file if file.is_dir() else None
    if keep is not None and folder is None:
        raise UsageError(f"{file}: --keep needs a folder that is there; make it first")
    now = call.moment()
    target = store.dated(folder, now) if folder else file
    with call.app() as app:
        made = store.backup(app.settings.database_url, target, now=now, force=force)
    removed = store.rotate(folder, keep=keep) if folder and keep is not None else []
    call.emit(
        {
            "file": made.file,
            "revision": made.revision,
            "taken_at": made.taken_at,
            "rows": dict(made.rows),
            "removed": removed,
        },
        [
            f"Backup  {made.file}: {words.count(sum(made.rows.values()), 'row')}, checked",
            *(f"  removed {path}" for path in removed),
        ],
    )


@command.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also over a database that holds something.")
@click.option(
    "--as-is",
    is_flag=True,
    help="Nothing was sent since the backup, as when moving to another database.",
)
@click.pass_obj
def restore(call: Call, *, file: Path, replace: bool, as_is: bool) -> None:
    """Put a backup into the database of the settings, of either kind: all of it or nothing.

    What was waiting in the backup is held, as it may have been sent since; readers go on with what
    comes from now on, and what the sources have by now counts as seen. --as-is goes on where the
    backup was instead. Who unsubscribed since the backup is known only from a database that
    is replaced.

    \b
    JSON: {"file", "taken_at", "upgraded": [revision, ...], "rows": {table: number}, "held",
    "quiet": [source, ...], "left_since"}
    """
    from digest.store.restore import restore as put_back

    with call.app() as app:
        done = put_back(
            app.settings.database_url, file, now=call.moment(), replace=replace, as_is=as_is
        )
    taken_at = done.backup.taken_at
    call.emit(
        {
            "file": file,
            "taken_at": taken_at,
            "upgraded": list(done.upgraded),
            "rows": dict(done.rows),
            "held": done.held,
            "quiet": list(done.quiet),
            "left_since": done.left_since,
        },
        _restored(done, as_is=as_is),
    )


def _restored(done: "Restored", *, as_is: bool) -> Iterator[str]:
    when = done.backup.taken_at
    of = f"the backup of {when:%Y-%m-%d %H:%M} UTC" if when else "a copy that says no date"
    yield f"Restored  {of}: {words.count(sum(done.rows.values()), 'row')}"
    if done.upgraded:
        yield f"  brought to this program's schema: {', '.join(done.upgraded)}"
    if as_is:
        yield "  all goes on where the backup was"
        return
    if done.held:
        yield (
            f"  {words.count(done.held, 'digest')} held, as they may have been sent since:"
            " digest status; digest deliver --release or --drop"
        )
    yield "  readers go on with what comes from now on; what the sources have by now counts as seen"
    if done.left_since:
        yield f"  {words.count(done.left_since, 'reader')} had left since, and stay so"
    yield (
        "  who unsubscribed since the backup, and is not known here, may get mail again: read the"
        " mailbox of bounces, and your records, before the next run"
    )
    yield "  restart what runs: digest schedule, digest serve"
