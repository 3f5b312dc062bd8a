"""The `db` command."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.root import Group
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.store.maintenance.restore import RestoreReport


def _days(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta:
    days = value.strip().lower().removesuffix("d")
    if not (days.isascii() and days.isdigit() and len(days) < 6):
        raise click.BadParameter(f"{value!r} is no number of days; write 90d")
    return timedelta(days=int(days))


def _mega(size: int) -> str:
    return f"{max(size, 0) / 1e6:,.1f} MB"


@click.group("db", cls=Group)
def command() -> None:
    """Look after the database."""


@command.command("check")
@click.pass_obj
def check(call: CliContext) -> None:
    """Say whether the database fits this program.

    \b
    JSON: {"state": "empty" | "current" | "older" | "newer", "current", "head"}
    """
    from digest.store.maintenance import migrate

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
    raise click.exceptions.Exit(exit_codes.DONE if fits else exit_codes.WRONG)


@command.command("upgrade")
@click.pass_obj
def upgrade(call: CliContext) -> None:
    """Bring the database's schema to this program's version.

    \b
    JSON: {"applied": [revision, ...]}
    """
    from digest.store.maintenance import migrate

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
def backup(call: CliContext, *, file: Path, force: bool, keep: int | None) -> None:
    """Write a copy of the database, while it is in use: a SQLite file, whichever it is.

    The copy is one snapshot, checked before it gets its name, and readable by you alone. Not in
    it: .env with DIGEST_SECRET, sources.toml, profiles/. FILE may be a folder that is there; then
    the file in it is named by the moment.

    \b
    JSON: {"file", "revision", "taken_at", "rows": {table: number}, "removed": [file, ...]}
    """
    from digest.errors import UsageError
    from digest.store.maintenance import backup as store

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
            f"Backup  {made.file}: {count(sum(made.rows.values()), 'row')}, checked",
            *(f"  removed {path}" for path in removed),
        ],
    )


@command.command("prune")
@click.option(
    "--older-than",
    "age",
    required=True,
    metavar="DAYS",
    callback=_days,
    help="What is older goes: 90d. At least 45d.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_obj
def prune(call: CliContext, *, age: timedelta, dry_run: bool) -> None:
    """Remove what is old: contents of digests, abstracts, sightings, reports of looks.

    What a paper is known by is kept for ever, and so is what each reader was shown, so nothing is
    announced or sent twice. The file is made smaller, on PostgreSQL the space is free for new
    rows. `digest tidy` removes the same by itself, by DIGEST_KEEP_DAYS.

    \b
    JSON: {"before", "editions", "abstracts", "sightings", "batches", "bytes": {"before",
    "after"}, "dry_run"}
    """
    from digest.errors import StoreError
    from digest.store.maintenance import prune as store
    from digest.store.subscribers import erasure as erasure_store

    now = call.moment()
    with call.app() as app:
        before = store.size(app.store)
        done = store.prune(app.store, before=now - age, now=now, dry_run=dry_run)
        if not dry_run:
            try:
                erasure_store.scrub(app.store, store.TABLES)
            except StoreError as error:  # what is gone is gone; its room is used again
                call.warn(f"the space is not given back yet: {error}")
        after = store.size(app.store)
    removed = (
        (done.editions, "content of a digest", "contents of digests"),
        (done.abstracts, "abstract", "abstracts"),
        (done.sightings, "sighting", "sightings"),
        (done.batches, "report of a look at a source", "reports of looks at sources"),
    )
    said = "Would remove" if dry_run else "Removed"
    call.emit(
        {
            "before": done.before,
            "editions": done.editions,
            "abstracts": done.abstracts,
            "sightings": done.sightings,
            "batches": done.batches,
            "bytes": {"before": before, "after": after},
            "dry_run": dry_run,
        },
        [
            f"{said}, of before {done.before:%Y-%m-%d}",
            *(f"  {count(number, one, more)}" for number, one, more in removed),
            f"The database takes {_mega(before)}"
            + ("" if dry_run else f"; now {_mega(after)}, {_mega(before - after)} given back"),
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
def restore(call: CliContext, *, file: Path, replace: bool, as_is: bool) -> None:
    """Put a backup into the database of the settings, of either kind: all of it or nothing.

    What was waiting in the backup is held, as it may have been sent since; readers go on with what
    comes from now on, and what the sources have by now counts as seen. --as-is goes on where the
    backup was instead. Who unsubscribed since the backup is known only from a database that
    is replaced.

    \b
    JSON: {"file", "taken_at", "upgraded": [revision, ...], "rows": {table: number}, "held",
    "quiet": [source, ...], "left_since"}
    """
    from digest.store.maintenance.restore import restore as put_back

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


def _restored(done: "RestoreReport", *, as_is: bool) -> Iterator[str]:
    when = done.backup.taken_at
    of = f"the backup of {when:%Y-%m-%d %H:%M} UTC" if when else "a copy that says no date"
    yield f"Restored  {of}: {count(sum(done.rows.values()), 'row')}"
    if done.upgraded:
        yield f"  brought to this program's schema: {', '.join(done.upgraded)}"
    if as_is:
        yield "  all goes on where the backup was"
        return
    if done.held:
        yield (
            f"  {count(done.held, 'digest')} held, as they may have been sent since:"
            " digest status; digest deliver --release or --drop"
        )
    yield "  readers go on with what comes from now on; what the sources have by now counts as seen"
    if done.left_since:
        yield f"  {count(done.left_since, 'reader')} had left since, and stay so"
    yield (
        "  who unsubscribed since the backup, and is not known here, may get mail again: read the"
        " mailbox of bounces, and your records, before the next run"
    )
    yield "  restart what runs: digest schedule, digest serve"
