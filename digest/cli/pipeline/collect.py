"""`digest collect`: reads the sources."""

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
    help="Read only this source. With --file: store the papers under this source.",
)
@click.option(
    "--file",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PATH",
    help="Read this file, of any format, in place of the sources. Can be repeated.",
)
@click.pass_obj
def command(context: CliContext, *, source: str | None, files: tuple[Path, ...]) -> None:
    """Read the sources and store what is new.

    The format of a file is detected from its content. Collecting the same papers again announces
    nothing.

    \b
    JSON: {"batches": [{"source", "origin", "announced", "verdict", "papers", "new",
    "listed", "revised", "withdrawn", "corrected", "published", "too_old", "duplicates",
    "rejected": [{"line", "reason"}]}]}
    """
    from digest.pipeline.collect import collect
    from digest.pipeline.run_summary import summarize_collect

    now = context.moment()
    with context.open_app() as app:
        sources = app.file_sources(files, source) if files else app.build_sources(source)
        with progress.progress_line() as update:
            reports = collect(app.store, sources, now=now, progress=update, obey_stops=not files)
        exit_codes.record_run(
            context, app, "collect", began=now, summary=summarize_collect(reports)
        )
    context.emit(json_output.batches(reports), text_output.batches(reports))
    raise click.exceptions.Exit(exit_codes.exit_code_for_batches(reports))
