"""`digest db`: checks, upgrades, backs up, restores and prunes the database."""

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
    # Six digits could lead to a date before the year 1, which `datetime` cannot hold.
    if not (days.isascii() and days.isdigit() and len(days) < 6):
        raise click.BadParameter(f"{value!r} is not a number of days; write it as in 90d")
    return timedelta(days=int(days))


def _megabytes(size: int) -> str:
    return f"{max(size, 0) / 1e6:,.1f} MB"


@click.group("db", cls=Group)
def command() -> None:
    """Check, upgrade, back up, restore and prune the database."""


@command.command("check")
@click.pass_obj
def check(context: CliContext) -> None:
    """Check whether the schema of the database is the one this program needs.

    \b
    JSON: {"state": "empty" | "current" | "older" | "newer", "current", "head"}
    """
    from digest.store.maintenance import migrate

    with context.open_app() as app:
        schema = migrate.check(app.settings.database_url)
    explanation = {
        "empty": "empty; the first command that needs the schema creates it",
        "current": "up to date",
        "older": "older than this program; run: digest db upgrade",
        "newer": "newer than this program; upgrade the program",
    }
    context.emit(
        {"state": schema.state, "current": schema.current, "head": schema.head},
        [f"database schema: {explanation[schema.state]}"],
    )
    usable = schema.state in ("empty", "current")
    raise click.exceptions.Exit(exit_codes.DONE if usable else exit_codes.WRONG_USAGE)


@command.command("upgrade")
@click.pass_obj
def upgrade(context: CliContext) -> None:
    """Upgrade the schema of the database to the one this program needs.

    \b
    JSON: {"applied": [revision, ...]}
    """
    from digest.pipeline.profiles import stored_profiles
    from digest.store.maintenance import migrate

    with context.open_app() as app:
        applied = migrate.upgrade(app.settings.database_url)
        stored_profiles.compile_outdated(app.store)
    context.emit(
        {"applied": applied},
        [f"applied {revision}" for revision in applied]
        or ["nothing to do: the schema is up to date"],
    )


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help=(
        "Keep the newest N backups that this command made in the folder FILE, and remove its"
        " older ones."
    ),
)
@click.pass_obj
def backup(context: CliContext, *, file: Path, force: bool, keep: int | None) -> None:
    """Back up the database to one SQLite file, also from PostgreSQL.

    The database may be in use meanwhile. The copy is one snapshot. It is checked before it gets
    its name, and only you can read it. It does not contain .env with DIGEST_SECRET, sources.toml
    and profiles/. If FILE is an existing folder, the backup in it is named by date and time.

    \b
    JSON: {"file", "revision", "taken_at", "rows": {table: number}, "removed": [file, ...]}
    """
    from digest.errors import UsageError
    from digest.store.maintenance import backup as store

    folder = file if file.is_dir() else None
    if keep is not None and folder is None:
        raise UsageError(f"{file}: --keep needs an existing folder; create it first")
    now = context.moment()
    target = store.timestamped_path(folder, now) if folder else file
    with context.open_app() as app:
        backup_file = store.backup(app.settings.database_url, target, now=now, force=force)
    # After the backup, so that one that fails removes nothing.
    deleted = (
        store.delete_oldest(backup_file.file, keep=keep) if folder and keep is not None else None
    )
    removed = deleted.removed if deleted else []
    context.emit(
        {
            "file": backup_file.file,
            "revision": backup_file.revision,
            "taken_at": backup_file.taken_at,
            "rows": dict(backup_file.rows),
            "removed": removed,
        },
        [
            f"Backup  {backup_file.file}: {count(sum(backup_file.rows.values()), 'row')}, checked",
            *(f"  removed {path}" for path in removed),
        ],
    )
    # On standard error, so that they do not break the JSON.
    for path, reason in deleted.skipped if deleted else ():
        context.warn(f"{path}: not removed and not counted: {reason}")


@command.command("prune")
@click.option(
    "--older-than",
    "age",
    required=True,
    metavar="DAYS",
    callback=_days,
    help="Remove data older than this, as in 90d. At least 45d.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@click.pass_obj
def prune(context: CliContext, *, age: timedelta, dry_run: bool) -> None:
    """Remove old data: contents of digests, abstracts, sightings and batches.

    The identifiers of papers are kept for ever, and so is the record of what each reader got, so
    that nothing is announced or sent twice. A SQLite file becomes smaller. PostgreSQL uses the
    space again for new rows. `digest tidy` does the same by itself, by DIGEST_KEEP_DAYS.

    \b
    JSON: {"before", "editions", "abstracts", "sightings", "batches", "bytes": {"before",
    "after"}, "dry_run"}
    """
    from digest.errors import StoreError
    from digest.store.maintenance import prune as store
    from digest.store.subscribers import erasure as erasure_store

    now = context.moment()
    with context.open_app() as app:
        before = store.database_size(app.store)
        done = store.prune(app.store, before=now - age, now=now, dry_run=dry_run)
        # SQLite keeps removed rows in its free pages; this rewrites the file without them.
        if not dry_run:
            try:
                erasure_store.remove_deleted_data(app.store, store.TABLES)
            # The rows are removed all the same, so this is no failure of the command.
            except StoreError as error:
                context.warn(f"the database file was not made smaller: {error}")
        after = store.database_size(app.store)
    removed = (
        (done.editions, "content of a digest", "contents of digests"),
        (done.abstracts, "abstract", "abstracts"),
        (done.sightings, "sighting", "sightings"),
        (done.batches, "batch", "batches"),
    )
    verb = "Would remove" if dry_run else "Removed"
    context.emit(
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
            f"{verb} data from before {done.before:%Y-%m-%d}",
            *(f"  {count(number, singular, plural)}" for number, singular, plural in removed),
            f"The database has {_megabytes(before)}"
            + ("" if dry_run else f"; now {_megabytes(after)}, {_megabytes(before - after)} less"),
        ],
    )


@command.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace",
    is_flag=True,
    help="Restore even if the database is not empty; its data is replaced.",
)
@click.option(
    "--as-is",
    is_flag=True,
    help="Continue where the backup was. Only if nothing was sent since, as for a move.",
)
@click.pass_obj
def restore(context: CliContext, *, file: Path, replace: bool, as_is: bool) -> None:
    """Restore a backup into the database of the settings, SQLite or PostgreSQL.

    All of it is restored, or nothing. Digests that were waiting in the backup are held, because
    they may have been sent since. Readers get what comes from now on: papers that the sources
    list already are not announced. With --as-is, everything continues where the backup was.
    Readers who unsubscribed since the backup stay unsubscribed only if the database that is
    replaced knows it.

    \b
    JSON: {"file", "taken_at", "upgraded": [revision, ...], "rows": {table: number}, "held",
    "quiet": [source, ...], "left_since", "left": [address, ...], "erased_since"}
    """
    from digest.pipeline.profiles import stored_profiles
    from digest.store.maintenance.restore import restore as restore_backup

    with context.open_app() as app:
        done = restore_backup(
            app.settings.database_url,
            file,
            now=context.moment(),
            replace=replace,
            as_is=as_is,
            # All keys, also old ones: of readers who were erased since the backup, only a keyed
            # hash is known, and it may have been made with any of them.
            keys=[item.get_secret_value().encode() for item in app.settings.secret],
        )
        stored_profiles.compile_outdated(app.store)
    taken_at = done.backup.taken_at
    context.emit(
        {
            "file": file,
            "taken_at": taken_at,
            "upgraded": list(done.upgraded),
            "rows": dict(done.rows),
            "held": done.held,
            "quiet": list(done.muted_sources),
            "left_since": len(done.closed_again),
            "left": list(done.closed_again),
            "erased_since": done.erased_again,
        },
        context.masked(_restore_lines(done, as_is=as_is)),
    )


def _restore_lines(done: "RestoreReport", *, as_is: bool) -> Iterator[str]:
    when = done.backup.taken_at
    name = f"the backup of {when:%Y-%m-%d %H:%M} UTC" if when else "a backup without a date"
    yield f"Restored  {name}: {count(sum(done.rows.values()), 'row')}"
    if done.upgraded:
        yield f"  upgraded to the schema of this program: {', '.join(done.upgraded)}"
    if done.closed_again:
        yield f"  {count(len(done.closed_again), 'reader')} left since the backup, and stay unsubscribed:"
        yield from (f"    {email}" for email in done.closed_again)
    if done.erased_again:
        yield f"  {count(done.erased_again, 'reader')} erased since the backup, and erased again"
    if as_is:
        yield "  everything continues where the backup was"
        return
    if done.held:
        yield (
            f"  {count(done.held, 'digest')} held, because they may have been sent since:"
            " digest status lists them; digest deliver --release or --drop decides"
        )
    yield "  readers get what comes from now on; papers that the sources list already are not announced"
    yield (
        "  readers who unsubscribed since the backup may get mail again if this database did not"
        " know it: check the bounce mailbox and your records before the next run"
    )
    yield "  restart digest schedule and digest serve if they run"
