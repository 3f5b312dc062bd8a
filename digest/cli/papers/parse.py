"""`digest parse`: shows the papers in a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.context import CliContext
from digest.cli.output import exit_codes
from digest.cli.output import json as json_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.models.batches import Batch, Rejection, SourceRead


@click.command("parse", cls=Command)
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.pass_obj
def command(context: CliContext, *, files: tuple[Path, ...]) -> None:
    """Show the papers in files, without storing them.

    \b
    JSON: {"papers": [{"title", "abstract", "authors", "author_count", "published",
    "identifiers", "categories", "votes", "comments", "stars", "position", "url", "file"}],
    "announced", "rejected": [{"file", "line", "reason"}],
    "files": [{"file", "announced", "papers"}]}
    """
    from digest.app.source_building.building import single_file

    now = context.moment()
    reads = [read for path in files for read in single_file(path, name="file").fetch(None, now=now)]
    batches = [read.batch for read in reads if read.batch is not None]
    rejected = [(read.origin, item) for read in reads for item in _rejected(read)]
    days = [batch.announced for batch in batches if batch.announced]
    context.emit(
        {
            "papers": [
                {**json_output.paper(paper), "file": batch.origin}
                for batch in batches
                for paper in batch.papers
            ],
            "announced": max(days, default=None),
            "rejected": [
                {"file": origin, **json_output.rejection(item)} for origin, item in rejected
            ],
            "files": [
                {"file": batch.origin, "announced": batch.announced, "papers": len(batch.papers)}
                for batch in batches
            ],
        },
        _lines(batches),
    )
    for origin, item in rejected:
        place = f"{origin}:{item.line}" if item.line is not None else origin
        exit_codes.error(f"{place}: {item.reason}")
    raise click.exceptions.Exit(exit_codes.PARTLY_FAILED if rejected else exit_codes.DONE)


def _rejected(read: "SourceRead") -> tuple["Rejection", ...]:
    if read.batch is not None:
        return read.batch.rejected
    return (read.problem,) if read.problem is not None else ()


def _lines(batches: list["Batch"]) -> Iterator[str]:
    for batch in batches:
        day = f", {batch.announced:%-d %B %Y}" if batch.announced else ""
        yield f"{batch.origin}: {count(len(batch.papers), 'paper')}{day}"
        for paper in batch.papers:
            details = [
                count(paper.author_count, "author") if paper.author_count else "",
                f"{paper.published:%-d %b %Y}" if paper.published else "",
                count(paper.comments, "comment") if paper.comments else "",
            ]
            summary = ", ".join(detail for detail in details if detail)
            yield f"{paper.position or 0:4}  {paper.title}" + (f"  ({summary})" if summary else "")
