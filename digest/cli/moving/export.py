"""`digest export`: writes everything as one archive, for other programs and for moving."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.text.plurals import count


@click.command("export", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="ARCHIVE")
@click.pass_obj
def command(context: CliContext, *, file: Path) -> None:
    """Export everything as a zip of JSON lines, with profiles and settings, without secrets.

    It has papers, subscriptions, consents, the ledger, feedback and saved papers, and so the addresses
    of readers: only you can read the file. `digest import` reads it into an empty home.

    \b
    JSON: {"file", "rows": {table: number}, "files": [name]}
    """
    from digest.config.channels import loader
    from digest.config.settings.redaction import lines_without_secrets
    from digest.pipeline.moving.write_archive import write_archive

    with context.open_app() as app:
        channels = [(item.name, item.kind) for item in loader.load(app.home.path)]
        done = write_archive(
            app.store,
            file,
            home=app.home.path,
            settings=lines_without_secrets(app.home.env_file),
            channels=channels,
            now=context.moment(),
        )
        if not app.settings.secret:
            context.warn(
                "the key that signs links is in the database and is not exported: links in sent"
                " messages will not work in a home that imports this; to move with them, restore a"
                " backup"
            )
    rows, files = count(sum(done.rows.values()), "row"), count(len(done.files), "file")
    context.emit(
        {"file": done.file, "rows": dict(done.rows), "files": list(done.files)},
        [f"Exported  {done.file}: {rows}, {files} of the home"],
    )
