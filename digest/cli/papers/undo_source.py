"""`digest undo-source`: removes from papers what one source contributed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from digest.cli.context import CliContext
from digest.cli.root import Command
from digest.core.text.plurals import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store.papers.undo import UndoReport


@click.command("undo-source", cls=Command)
@click.argument("source")
@click.argument("papers", nargs=-1, metavar="[PAPER]...")
@click.option("--dry-run", is_flag=True, help="Only show what would be undone.")
@click.pass_obj
def command(context: CliContext, *, source: str, papers: tuple[str, ...], dry_run: bool) -> None:
    """Remove from papers what one source contributed, such as a wrong title.

    Each paper that other sources show too gets a new revision with what they gave. A paper that
    only this source described stays as it is. PAPER is an id, an identifier such as
    arxiv:2508.13426, or part of the title; without it, all papers are treated. First remove the
    source from sources.toml, or give it less trust there. Digests that are already queued keep
    the text.

    \b
    JSON: {"source", "dry_run", "undone": [{"paper_id", "was", "title", "source"}],
    "only": [paper ids]}
    """
    from digest.pipeline.publishing.preview import find_papers
    from digest.store.papers.undo import undo_source

    now = context.moment()
    with context.open_app() as app:
        if dry_run:
            app.start_dry_run()
        chosen: set[int] = set()
        for ref in papers:
            found = find_papers(app.store, ref)
            if not found:
                raise UsageError(f"no paper matches {ref!r}; give its id or part of its title")
            chosen.update(item.paper_id for item in found)
        # In a dry run, this is rolled back when the home is closed.
        with app.store.write() as tx:
            report = undo_source(tx, source, now=now, paper_ids=chosen if papers else None)
    context.emit(
        {
            "source": source,
            "dry_run": dry_run,
            "undone": [asdict(item) for item in report.papers],
            "only": list(report.only),
        },
        _lines(report, source, dry_run=dry_run),
    )


def _lines(report: "UndoReport", source: str, *, dry_run: bool) -> Iterator[str]:
    for item in report.papers:
        change = "" if item.was == item.title else f"; the title was: {item.was}"
        yield f"paper {item.paper_id}: {item.title}, from {item.source}{change}"
    verb = "Would undo" if dry_run else "Undid"
    yield f"{verb} what {source} contributed to {count(len(report.papers), 'paper')}."
    if report.only:
        yield (
            f"{count(len(report.only), 'paper')} described by no other source stayed as they were."
        )
