"""`digest import`: reads an export into an empty home."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.pipeline.moving.read_archive import ImportReport


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="ARCHIVE")
@click.option(
    "--as-is",
    is_flag=True,
    help="Continue where the export was. Only if nothing was sent since, as for a move.",
)
@click.pass_obj
def command(context: CliContext, *, file: Path, as_is: bool) -> None:
    """Import what `digest export` wrote, into a home whose database has no data.

    All rows are imported, or none. Files of the home that exist are not replaced. The settings are
    written to settings.env: copy what you want of them to .env, and add the secrets. Without --as-is,
    digests that were waiting are held, and readers get what comes from now on.

    \b
    JSON: {"made_at", "rows": {table: number}, "held", "quiet": [source], "written": [name], "kept":
    [name], "channels": [name]}
    """
    from digest.pipeline.moving.read_archive import read_archive
    from digest.pipeline.profiles import stored_profiles

    with context.open_app() as app:
        done = read_archive(
            app.settings.database_url,
            app.home.path,
            file,
            now=context.moment(),
            as_is=as_is,
            keys=tuple(item.get_secret_value().encode() for item in app.settings.secret),
        )
        stored_profiles.compile_outdated(app.store)
    restored = done.restored
    context.emit(
        {
            "made_at": done.made_at,
            "rows": dict(restored.rows),
            "held": restored.held,
            "quiet": list(restored.muted_sources),
            "written": list(done.written),
            "kept": list(done.kept),
            "channels": list(done.channels),
        },
        _lines(done, as_is=as_is),
    )


def _lines(done: "ImportReport", *, as_is: bool) -> Iterator[str]:
    rows = count(sum(done.restored.rows.values()), "row")
    yield f"Imported  {rows} of the export of {done.made_at:%Y-%m-%d %H:%M} UTC"
    if as_is:
        yield "  everything continues where the export was"
    elif done.restored.held:
        yield f"  {count(done.restored.held, 'digest')} held, because they may have been sent since"
    for name in done.written:
        yield f"  wrote {name}"
    for name in done.kept:
        yield f"  kept your {name}, which differs"
    if done.channels:
        yield f"  write these channels again, with their secrets: {', '.join(done.channels)}"
