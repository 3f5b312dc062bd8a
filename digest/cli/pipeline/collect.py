"""The `collect` command."""

from pathlib import Path

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes, progress
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command


@click.command("collect", cls=Command)
@click.option(
    "--source",
    metavar="NAME",
    help="Read this source alone; with --file, file the papers under it.",
)
@click.option(
    "--file",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Read this file, whatever its format, in place of the sources. May be repeated.",
)
@click.pass_obj
def command(call: CliContext, *, source: str | None, files: tuple[Path, ...]) -> None:
    """Read the sources and record what is new.

    A file is recognised by its content. Collecting the same papers again announces nothing.

    \b
    JSON: {"batches": [{"source", "origin", "announced", "verdict", "papers", "new",
    "listed", "revised", "withdrawn", "duplicates", "rejected": [{"line", "reason"}]}]}
    """
    from digest.pipeline.collect import collect
    from digest.pipeline.run_summary import summarize_collect

    now = call.moment()
    with call.app() as app:
        chosen = app.files(files, source) if files else app.sources(source)
        with progress.shown() as tell:
            reports = collect(app.store, chosen, now=now, progress=tell)
        exit_codes.keep(call, app, "collect", began=now, account=summarize_collect(reports))
    call.emit(json_output.batches(reports), text_output.batches(reports))
    raise click.exceptions.Exit(exit_codes.exit_code_for_batches(reports))
